//! A coverage rule in the form in which rules are compared with addresses and with one another.

use super::house::House;
use super::normalise::{self, Place};
use super::rule::{CoverageRule, Parity};
use super::street::{Street, StreetKind};
use crate::catalogue::Service;
use std::collections::BTreeSet;

/// Which houses a rule holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Houses {
    /// It names none: also addresses without a house.
    Any,
    Range(Range),
    One(House),
}

/// House numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Range {
    pub from: u32,
    pub to: u32,
    pub parity: Option<Parity>,
}

impl Range {
    pub fn holds(self, number: u32) -> bool {
        (self.from..=self.to).contains(&number) && self.parity.is_none_or(|side| side.holds(number))
    }

    /// How many numbers the range holds.
    pub fn count(self) -> u64 {
        let up_to = |end: u64| match self.parity {
            None => end,
            Some(Parity::Odd) => end / 2,
            Some(Parity::Even) => end.div_ceil(2),
        };
        up_to(u64::from(self.to) + 1).saturating_sub(up_to(u64::from(self.from)))
    }

    /// The smallest number that both hold.
    pub fn common(self, other: Range) -> Option<u32> {
        let from = self.from.max(other.from);
        let to = self.to.min(other.to);
        // Of two neighbours one is odd and one is even: looking at two is enough. Nobody lives in number 0.
        (from..=to)
            .skip_while(|number| *number == 0)
            .take(2)
            .find(|number| self.holds(*number) && other.holds(*number))
    }
}

/// Everything that a rule names of an address except its houses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Scope {
    pub country: Option<String>,
    pub region: Option<String>,
    pub city: Option<String>,
    pub street: Option<Street>,
    pub postcode: Option<String>,
    pub phone: Option<String>,
}

/// A rule with every text in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct NormalRule {
    pub service: Option<Service>,
    pub scope: Scope,
    pub houses: Houses,
}

impl NormalRule {
    pub fn of(rule: &CoverageRule) -> NormalRule {
        let normal = |text: &Option<String>, form: fn(&str) -> String| text.as_deref().map(form);
        let houses = match rule.house.as_deref().and_then(House::parse) {
            Some(house) => Houses::One(house),
            None if rule.names_range() => Houses::Range(Range {
                from: rule.house_from.unwrap_or(0),
                to: rule.house_to.unwrap_or(u32::MAX),
                parity: rule.parity,
            }),
            None => Houses::Any,
        };
        NormalRule {
            service: rule.service,
            scope: Scope {
                country: normal(&rule.country, normalise::text),
                region: normal(&rule.region, normalise::text),
                city: normal(&rule.city, normalise::city),
                street: rule.street.as_deref().map(Street::parse),
                postcode: normal(&rule.postcode_prefix, normalise::postcode),
                phone: normal(&rule.phone_prefix, normalise::phone_digits),
            },
            houses,
        }
    }

    /// Every field that the rule names is that of the place.
    pub fn matches(&self, place: &Place, services: &BTreeSet<Service>) -> bool {
        let scope = &self.scope;
        let same =
            |named: &Option<String>, value: &str| named.as_deref().is_none_or(|n| n == value);
        let begins = |named: &Option<String>, value: &str| {
            named.as_deref().is_none_or(|n| value.starts_with(n))
        };
        let holds_house = match &self.houses {
            Houses::Any => true,
            Houses::Range(range) => place.house.as_ref().is_some_and(|h| range.holds(h.number)),
            Houses::One(house) => place.house.as_ref() == Some(house),
        };
        self.service.is_none_or(|service| services.contains(&service))
            && same(&scope.country, &place.country)
            && same(&scope.region, &place.region)
            && same(&scope.city, &place.city)
            && scope.street.as_ref().is_none_or(|street| street.is_same(&place.street))
            && holds_house
            && begins(&scope.postcode, &place.postcode)
            && begins(&scope.phone, &place.phone)
    }

    pub fn specificity(&self) -> Specificity {
        let length = |text: &Option<String>| text.as_deref().map_or(0, |text| text.chars().count());
        let scope = &self.scope;
        Specificity {
            house_narrowness: match &self.houses {
                Houses::Any => 0,
                // One house with its letter is narrower than a range of one number, which holds 12A and 12/3 too.
                Houses::Range(range) => u64::MAX - 1 - range.count(),
                Houses::One(_) => u64::MAX,
            },
            street: scope.street.is_some(),
            postcode_length: length(&scope.postcode),
            city: scope.city.is_some(),
            phone_length: length(&scope.phone),
            region: scope.region.is_some(),
            country: scope.country.is_some(),
            street_kind: kind_rank(scope.street.as_ref().and_then(|street| street.kind)),
            service: self.service.is_some(),
        }
    }

    /// The key under which the rule is looked up: its most selective field. [`super::lookup_keys`] makes the keys that an
    /// address can match, so that one indexed query finds every candidate.
    pub fn lookup_key(&self) -> String {
        let city = self.scope.city.as_deref().unwrap_or_default();
        match &self.scope {
            Scope { street: Some(street), .. } => format!("s|{city}|{}", street.name),
            Scope { postcode: Some(prefix), .. } => format!("p|{prefix}"),
            Scope { city: Some(_), .. } => format!("c|{city}"),
            Scope { phone: Some(prefix), .. } => format!("t|{prefix}"),
            Scope { region: Some(region), .. } => format!("r|{region}"),
            Scope { country: Some(country), .. } => format!("n|{country}"),
            _ => "*".to_owned(),
        }
    }
}

/// An address of a street without its kind matches rules for each kind of that name: a street is meant before an
/// avenue, an avenue before a lane. A rule that names no kind stands behind those that do.
fn kind_rank(kind: Option<StreetKind>) -> u8 {
    kind.map_or(0, |kind| u8::MAX - kind as u8)
}

/// How specific a rule is; the greater wins. Two equally specific rules name the same fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Specificity {
    /// Greater for fewer houses.
    house_narrowness: u64,
    street: bool,
    postcode_length: usize,
    city: bool,
    phone_length: usize,
    region: bool,
    country: bool,
    street_kind: u8,
    service: bool,
}

pub fn specificity(rule: &CoverageRule) -> Specificity {
    NormalRule::of(rule).specificity()
}
