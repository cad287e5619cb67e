//! A coverage rule: "this division operates these addresses". A field that is absent means "any".

use super::house::House;
use super::normalise::{self, Place};
use super::specificity::{Houses, NormalRule};
use super::street::Street;
use crate::catalogue::Service;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Of which houses of a range a rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// One house with its letter and part: `12A`, `12 корп. 2`. `12` is number 12 without either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house: Option<String>,
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

impl Parity {
    pub fn holds(self, number: u32) -> bool {
        match self {
            Parity::Odd => number % 2 == 1,
            Parity::Even => number.is_multiple_of(2),
        }
    }
}

impl CoverageRule {
    /// The rule names houses: one, a range, a parity.
    pub fn names_houses(&self) -> bool {
        self.house.is_some() || self.names_range()
    }

    pub(super) fn names_range(&self) -> bool {
        self.house_from.is_some() || self.house_to.is_some() || self.parity.is_some()
    }

    /// Every field that the rule names is that of the place.
    pub fn matches(&self, place: &Place, services: &BTreeSet<Service>) -> bool {
        NormalRule::of(self).matches(place, services)
    }

    /// The rule as part of a sentence: `[US, Georgia, postcode 305…]`.
    pub fn describe(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.service.map(|service| service.code().to_owned()));
        let texts = [&self.country, &self.region, &self.city, &self.street];
        parts.extend(texts.into_iter().flatten().cloned());
        parts.extend(self.house.as_ref().map(|house| format!("house {house}")));
        if self.names_range() {
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

    /// The key under which the rule is stored; [`lookup_keys`] makes those that an address can match.
    pub fn lookup_key(&self) -> String {
        NormalRule::of(self).lookup_key()
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
    let street = &place.street.name;
    if !street.is_empty() {
        keys.push(format!("s||{street}"));
        keys.push(format!("s|{}|{street}", place.city));
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
    if let Some(house) = rule.house.as_deref() {
        if rule.names_range() {
            let message = "Name one house, or a range with its parity, not both.";
            faults.push(("house", message.to_owned()));
        }
        if House::parse(house).is_none() {
            let message = format!("{house:?} must begin with a house number, as 12A or 12/3.");
            faults.push(("house", message));
        }
    }
    if let Houses::Range(range) = NormalRule::of(rule).houses
        && range.from <= range.to
        && range.count() == 0
    {
        let side = if range.parity == Some(Parity::Odd) { "odd" } else { "even" };
        faults.push(("parity", format!("There is no {side} house in this range.")));
    }
    if rule.street.as_deref().is_some_and(|street| Street::parse(street).name.is_empty()) {
        faults.push(("street", "A street needs letters or digits.".to_owned()));
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
