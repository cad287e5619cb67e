//! The address at which a service is or shall be.

use crate::input::ObjectReader;
use crate::limits::{CODE_CHARACTERS_MAX, NAME_CHARACTERS_MAX};
use serde::{Deserialize, Serialize};

/// A postal address, the parts named as the API names them (compare TMF673, whose `stateOrProvince` is our region).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub house: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
}

impl Address {
    /// The address on one line.
    pub fn line(&self) -> String {
        let parts =
            [&self.street, &self.house, &self.flat, &self.city, &self.region, &self.postcode];
        let mut line =
            parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
        if !line.is_empty() {
            line.push_str(", ");
        }
        line + &self.country
    }

    /// A technician would find the door.
    pub fn is_complete(&self) -> bool {
        self.city.is_some() && self.street.is_some() && self.house.is_some()
    }

    /// Reads and checks an address. A complete one has a street and a house: a technician must find the door.
    pub fn read(reader: &ObjectReader<'_>, complete: bool) -> Option<Address> {
        let country = reader.required_text("country", CODE_CHARACTERS_MAX).and_then(|text| {
            let upper = text.to_uppercase();
            if upper.len() == 2 && upper.bytes().all(|byte| byte.is_ascii_uppercase()) {
                return Some(upper);
            }
            reader.fault(
                "country",
                "invalid-country",
                "country must be an ISO 3166 code of two letters such as UZ.",
            );
            None
        });
        let required = |name: &str| match complete {
            true => reader.required_text(name, NAME_CHARACTERS_MAX),
            false => reader.text(name, NAME_CHARACTERS_MAX),
        };
        let address = Address {
            region: reader.text("region", NAME_CHARACTERS_MAX),
            city: required("city"),
            street: required("street"),
            house: required("house"),
            flat: reader.text("flat", CODE_CHARACTERS_MAX),
            postcode: reader.text("postcode", CODE_CHARACTERS_MAX),
            country: country.clone().unwrap_or_default(),
        };
        reader.finish();
        country.map(|_| address)
    }
}
