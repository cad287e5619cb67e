//! Bringing addresses into one form, so that what people write differently and mean alike is compared alike.

use super::house::House;
use super::street::{Street, StreetKind};
use crate::address::Address;

/// Lower case, trimmed, inner blanks folded, ё as е.
pub fn text(text: &str) -> String {
    // Some keyboards write ё and й as a letter and a mark.
    let lower = text.to_lowercase().replace('ё', "е").replace("е\u{308}", "е");
    let lower = lower.replace("и\u{306}", "й");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A city without the word for "city" that people put in front: `г. Ташкент` is `Ташкент`.
pub fn city(name: &str) -> String {
    let plain = text(name);
    let short = ["город ", "гор. ", "гор.", "г. ", "г."]
        .into_iter()
        .find_map(|prefix| plain.strip_prefix(prefix))
        .or_else(|| plain.strip_suffix(" shahri"))
        .or_else(|| plain.strip_suffix(" шаҳри"));
    short.map(str::trim).filter(|rest| !rest.is_empty()).unwrap_or(&plain).to_owned()
}

/// A postcode as rules compare it: upper case, without blanks and dashes.
pub fn postcode(code: &str) -> String {
    code.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Only the digits of a telephone number or prefix, without the 00 that some write for the +.
pub fn phone_digits(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("00") {
        Some(international) if !phone.trim_start().starts_with('+') => international.to_owned(),
        _ => digits,
    }
}

/// An address in the form in which rules see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    pub country: String,
    pub region: String,
    pub city: String,
    pub street: Street,
    /// None: there is none, or it has no number.
    pub house: Option<House>,
    /// The house as it was written, for those without a number.
    pub house_text: String,
    pub flat: String,
    pub postcode: String,
    pub phone: String,
}

impl Place {
    pub fn of(address: &Address) -> Place {
        let plain = |part: &Option<String>| part.as_deref().map(text).unwrap_or_default();
        Place {
            country: text(&address.country),
            region: plain(&address.region),
            city: address.city.as_deref().map(city).unwrap_or_default(),
            street: address.street.as_deref().map(Street::parse).unwrap_or_default(),
            house: address.house.as_deref().and_then(House::parse),
            house_text: plain(&address.house).replace(' ', ""),
            flat: plain(&address.flat),
            postcode: address.postcode.as_deref().map(postcode).unwrap_or_default(),
            phone: String::new(),
        }
    }

    #[must_use]
    pub fn with_phone(mut self, phone: Option<&str>) -> Place {
        self.phone = phone.map(phone_digits).unwrap_or_default();
        self
    }

    /// One text for one door, however it was written.
    pub fn key(&self) -> String {
        let house = match &self.house {
            Some(house) => house.to_string(),
            None => self.house_text.clone(),
        };
        // A street of no kind is taken for a street.
        let street = match self.street.kind {
            None | Some(StreetKind::Street) => self.street.name.clone(),
            Some(kind) => format!("{} {kind:?}", self.street.name),
        };
        [&self.country, &self.region, &self.city, &street, &house, &self.flat]
            .map(String::as_str)
            .join("/")
    }
}
