//! A coverage rule: "this division operates these addresses". A field that is absent means "any".

use super::normalise::{self, Place};
use crate::catalogue::Service;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Parity {
    Odd,
    Even,
}

/// A rule as the coverage file and the API write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CoverageRule {
    pub division_code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house_from: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house_to: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parity: Option<Parity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode_prefix: Option<String>,
    /// Area code and exchange, with or without `+` and blanks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_prefix: Option<String>,
}

impl CoverageRule {
    /// The rule names house numbers: a range, a parity, or both.
    pub fn names_houses(&self) -> bool {
        self.house_from.is_some() || self.house_to.is_some() || self.parity.is_some()
    }

    /// How many houses the range holds; half as many with a parity. Rules without an end hold "all".
    pub fn house_count(&self) -> u64 {
        let from = u64::from(self.house_from.unwrap_or(0));
        let to = u64::from(self.house_to.unwrap_or(u32::MAX));
        let all = to.saturating_sub(from) + 1;
        if self.parity.is_some() { all.div_ceil(2) } else { all }
    }

    /// Every field that the rule names is that of the place.
    pub fn matches(&self, place: &Place, services: &BTreeSet<Service>) -> bool {
        let same = |rule: &Option<String>, value: &str| {
            rule.as_deref().is_none_or(|text| normalise::text(text) == value)
        };
        self.service.is_none_or(|service| services.contains(&service))
            && same(&self.country, &place.country)
            && same(&self.region, &place.region)
            && same(&self.city, &place.city)
            && self.street.as_deref().is_none_or(|street| normalise::street(street) == place.street)
            && (!self.names_houses() || place.house.is_some_and(|house| self.holds_house(house)))
            && self
                .postcode_prefix
                .as_deref()
                .is_none_or(|prefix| place.postcode.starts_with(&normalise::postcode(prefix)))
            && self
                .phone_prefix
                .as_deref()
                .is_none_or(|prefix| place.phone.starts_with(&normalise::phone_digits(prefix)))
    }

    fn holds_house(&self, house: u32) -> bool {
        let parity = match self.parity {
            None => true,
            Some(Parity::Odd) => house % 2 == 1,
            Some(Parity::Even) => house.is_multiple_of(2),
        };
        parity
            && self.house_from.is_none_or(|from| house >= from)
            && self.house_to.is_none_or(|to| house <= to)
    }

    /// The rule as part of a sentence: `[US, Georgia, postcode 305…]`.
    pub fn describe(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.service.map(|service| service.code().to_owned()));
        let texts = [&self.country, &self.region, &self.city, &self.street];
        parts.extend(texts.into_iter().flatten().cloned());
        if self.names_houses() {
            let end =
                |bound: Option<u32>| bound.map(|number| number.to_string()).unwrap_or_default();
            let parity = match self.parity {
                None => "",
                Some(Parity::Odd) => " odd",
                Some(Parity::Even) => " even",
            };
            parts.push(format!("houses {}–{}{parity}", end(self.house_from), end(self.house_to)));
        }
        parts.extend(self.postcode_prefix.as_ref().map(|prefix| format!("postcode {prefix}…")));
        parts.extend(self.phone_prefix.as_ref().map(|prefix| format!("phone {prefix}…")));
        if parts.is_empty() {
            parts.push("everywhere".to_owned());
        }
        format!("[{}]", parts.join(", "))
    }

    /// The key under which the rule is looked up: its most selective field, in normal form. [`lookup_keys`] makes the
    /// keys that an address can match, so that one indexed query finds every candidate.
    pub fn lookup_key(&self) -> String {
        let city = self.city.as_deref().map(normalise::text).unwrap_or_default();
        match self {
            CoverageRule { street: Some(street), .. } => {
                format!("s|{city}|{}", normalise::street(street))
            }
            CoverageRule { postcode_prefix: Some(prefix), .. } => {
                format!("p|{}", normalise::postcode(prefix))
            }
            CoverageRule { city: Some(_), .. } => format!("c|{city}"),
            CoverageRule { phone_prefix: Some(prefix), .. } => {
                format!("t|{}", normalise::phone_digits(prefix))
            }
            CoverageRule { region: Some(region), .. } => format!("r|{}", normalise::text(region)),
            CoverageRule { country: Some(country), .. } => {
                format!("n|{}", normalise::text(country))
            }
            _ => "*".to_owned(),
        }
    }
}

/// Every key that a matching rule can have.
pub fn lookup_keys(place: &Place) -> Vec<String> {
    let mut keys = vec!["*".to_owned(), format!("n|{}", place.country)];
    if !place.region.is_empty() {
        keys.push(format!("r|{}", place.region));
    }
    if !place.city.is_empty() {
        keys.push(format!("c|{}", place.city));
    }
    if !place.street.is_empty() {
        keys.push(format!("s||{}", place.street));
        keys.push(format!("s|{}|{}", place.city, place.street));
        keys.dedup();
    }
    keys.extend(prefixes(&place.postcode).map(|prefix| format!("p|{prefix}")));
    keys.extend(prefixes(&place.phone).map(|prefix| format!("t|{prefix}")));
    keys
}

fn prefixes(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(start, character)| &text[..start + character.len_utf8()])
}

/// What is wrong with one rule, as (column, sentence) pairs. The division is checked by whoever knows the tree.
pub fn check_rule(rule: &CoverageRule) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    if rule.names_houses() && rule.street.is_none() {
        faults.push(("street", "House numbers need a street.".to_owned()));
    }
    if let (Some(from), Some(to)) = (rule.house_from, rule.house_to)
        && from > to
    {
        faults.push((
            "house_to",
            format!("The house range {from}–{to} is empty; write the smaller number first."),
        ));
    }
    if rule.postcode_prefix.as_deref().is_some_and(|prefix| normalise::postcode(prefix).is_empty())
    {
        faults.push(("postcode_prefix", "A postcode prefix needs letters or digits.".to_owned()));
    }
    if let Some(prefix) = rule.phone_prefix.as_deref() {
        let digits = normalise::phone_digits(prefix);
        let foreign = prefix
            .chars()
            .any(|c| !c.is_ascii_digit() && !matches!(c, '+' | ' ' | '-' | '(' | ')'));
        if digits.is_empty() || digits.len() > 15 || foreign {
            faults.push((
                "phone_prefix",
                format!("{prefix:?} must be the first digits of an international number."),
            ));
        }
    }
    if rule.country.as_deref().is_some_and(|country| country.chars().count() != 2) {
        faults.push(("country", "country must be an ISO 3166 code of two letters.".to_owned()));
    }
    faults
}
