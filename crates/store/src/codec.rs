//! JSON texts of the database, read with an error that says what they should have been.

use oms_app::ports::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{what}: {error}")))
}

pub fn write<T: Serialize>(what: &str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(format!("{what}: {error}")))
}

/// A word of a closed set, as columns keep them.
pub fn word<T: Copy>(what: &str, words: &[(&str, T)], text: &str) -> Result<T, StoreError> {
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    found.ok_or_else(|| StoreError::Corrupt(format!("{text:?} is no {what}")))
}
