//! The winner among matching rules: the most specific.
//!
//! Compared in this order: narrower house range, street, longer postcode prefix, city, longer phone prefix, region,
//! country, nothing; at equal geography a rule that names the service beats one that does not.

use super::normalise::{self, Place};
use super::rule::CoverageRule;
use crate::catalogue::Service;
use crate::limits::BEATEN_RULES_MAX;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What a lookup is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    pub place: Place,
    pub services: BTreeSet<Service>,
}

/// The winner and the rules that it beat, best first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    pub rule: Option<CoverageRule>,
    pub beaten: Vec<CoverageRule>,
}

/// How specific a rule is; the greater wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity {
    names_houses: bool,
    /// Greater for fewer houses.
    house_narrowness: u64,
    street: bool,
    postcode_length: usize,
    city: bool,
    phone_length: usize,
    region: bool,
    country: bool,
    service: bool,
}

pub fn specificity(rule: &CoverageRule) -> Specificity {
    let length = |text: Option<String>| text.map_or(0, |text| text.chars().count());
    Specificity {
        names_houses: rule.names_houses(),
        house_narrowness: if rule.names_houses() { u64::MAX - rule.house_count() } else { 0 },
        street: rule.street.is_some(),
        postcode_length: length(rule.postcode_prefix.as_deref().map(normalise::postcode)),
        city: rule.city.is_some(),
        phone_length: length(rule.phone_prefix.as_deref().map(normalise::phone_digits)),
        region: rule.region.is_some(),
        country: rule.country.is_some(),
        service: rule.service.is_some(),
    }
}

/// The most specific of the candidates that match. Rules of equal specificity are in one division ([`conflicts`] sees to
/// it), the order of their text decides which is named.
pub fn select(candidates: impl IntoIterator<Item = CoverageRule>, query: &Query) -> Selection {
    let mut matching: Vec<CoverageRule> =
        candidates.into_iter().filter(|rule| rule.matches(&query.place, &query.services)).collect();
    matching.sort_by(by_specificity);
    let mut matching = matching.into_iter();
    Selection { rule: matching.next(), beaten: matching.take(BEATEN_RULES_MAX).collect() }
}

fn by_specificity(a: &CoverageRule, b: &CoverageRule) -> Ordering {
    let text = |rule: &CoverageRule| (rule.describe(), rule.division_code.clone());
    specificity(b).cmp(&specificity(a)).then_with(|| text(a).cmp(&text(b)))
}

/// Two rules of different divisions that one address matches with equal specificity: their indices and that address.
///
/// Compared within rules of one specificity and one lookup key, since an address that matches both of two equally
/// specific rules has the same value in every exact field that both name; only prefixes and houses can overlap otherwise,
/// and those of equal length are equal.
pub fn conflicts(rules: &[CoverageRule]) -> Vec<(usize, usize, String)> {
    let mut groups: BTreeMap<(Specificity, String), Vec<usize>> = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate() {
        groups.entry((specificity(rule), rule.lookup_key())).or_default().push(index);
    }
    let mut found = Vec::new();
    for members in groups.values() {
        for (position, &first) in members.iter().enumerate() {
            for &second in &members[position + 1..] {
                let (a, b) = (&rules[first], &rules[second]);
                if a.division_code != b.division_code
                    && let Some(example) = common_address(a, b)
                {
                    found.push((first, second, example));
                }
            }
        }
    }
    found.sort();
    found
}

/// An address that both rules match, or None when there is none.
fn common_address(a: &CoverageRule, b: &CoverageRule) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    if let (Some(a), Some(b)) = (a.service, b.service)
        && a != b
    {
        return None;
    }
    let exact = [(&a.country, &b.country), (&a.region, &b.region), (&a.city, &b.city)];
    for (a, b) in exact {
        match (a, b) {
            (Some(a), Some(b)) if normalise::text(a) != normalise::text(b) => return None,
            (Some(text), _) | (_, Some(text)) => parts.push(text.clone()),
            (None, None) => {}
        }
    }
    match (&a.street, &b.street) {
        (Some(a), Some(b)) if normalise::street(a) != normalise::street(b) => return None,
        (Some(text), _) | (_, Some(text)) => parts.push(text.clone()),
        (None, None) => {}
    }
    if a.names_houses() || b.names_houses() {
        parts.push(common_house(a, b)?.to_string());
    }
    parts.extend(
        common_prefix(&a.postcode_prefix, &b.postcode_prefix, normalise::postcode)?
            .map(|p| format!("postcode {p}")),
    );
    parts.extend(
        common_prefix(&a.phone_prefix, &b.phone_prefix, normalise::phone_digits)?
            .map(|p| format!("phone {p}")),
    );
    if parts.is_empty() {
        parts.push("any address".to_owned());
    }
    Some(parts.join(", "))
}

/// Some(None): neither names a prefix. None: no text starts with both.
fn common_prefix(
    a: &Option<String>,
    b: &Option<String>,
    normal: fn(&str) -> String,
) -> Option<Option<String>> {
    match (a.as_deref().map(normal), b.as_deref().map(normal)) {
        (Some(a), Some(b)) if a.starts_with(&b) => Some(Some(a)),
        (Some(a), Some(b)) if b.starts_with(&a) => Some(Some(b)),
        (Some(_), Some(_)) => None,
        (a, b) => Some(a.or(b)),
    }
}

fn common_house(a: &CoverageRule, b: &CoverageRule) -> Option<u32> {
    use super::rule::Parity;
    let from = a.house_from.unwrap_or(1).max(b.house_from.unwrap_or(1));
    let to = a.house_to.unwrap_or(u32::MAX).min(b.house_to.unwrap_or(u32::MAX));
    let fits = |house: u32, parity: Option<Parity>| match parity {
        None => true,
        Some(Parity::Odd) => house % 2 == 1,
        Some(Parity::Even) => house.is_multiple_of(2),
    };
    // Of two neighbours one is odd and one is even: looking at two is enough.
    (from..=to).take(2).find(|&house| fits(house, a.parity) && fits(house, b.parity))
}
