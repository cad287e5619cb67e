//! The winner among matching rules: the most specific.
//!
//! Compared in this order: one house, narrower house range, street, longer postcode prefix, city, longer phone prefix,
//! region, country, nothing; at equal geography a rule that names the service beats one that does not.

use super::normalise::Place;
use super::rule::CoverageRule;
use super::specificity::{NormalRule, Specificity};
use crate::catalogue::Service;
use crate::limits::BEATEN_RULES_MAX;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

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

/// The most specific of the candidates that match. Rules of equal specificity are in one division
/// ([`PreparedRules::check`] sees to it), the order of their text decides which is named.
pub fn select(candidates: impl IntoIterator<Item = CoverageRule>, query: &Query) -> Selection {
    let candidates: Vec<CoverageRule> = candidates.into_iter().collect();
    let normal = candidates.iter().map(NormalRule::of).collect::<Vec<_>>();
    best(candidates.iter().zip(&normal), query)
}

/// The winner for each service on its own: who operates its part of an order for several. A rule that names no service
/// can win for all of them.
pub fn divisions_by_service(
    candidates: &[CoverageRule],
    query: &Query,
) -> BTreeMap<Service, Selection> {
    let normal = candidates.iter().map(NormalRule::of).collect::<Vec<_>>();
    let of = |service: &Service| {
        let alone = Query { services: BTreeSet::from([*service]), place: query.place.clone() };
        (*service, best(candidates.iter().zip(&normal), &alone))
    };
    query.services.iter().map(of).collect()
}

fn best<'a>(
    candidates: impl Iterator<Item = (&'a CoverageRule, &'a NormalRule)>,
    query: &Query,
) -> Selection {
    type Rank = (Reverse<Specificity>, String, String);
    let mut matching: Vec<(Rank, &CoverageRule)> = candidates
        .filter(|(_, normal)| normal.matches(&query.place, &query.services))
        .map(|(rule, normal)| {
            let rank = (Reverse(normal.specificity()), rule.describe(), rule.division_code.clone());
            (rank, rule)
        })
        .collect();
    matching.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut matching = matching.into_iter().map(|(_, rule)| rule.clone());
    Selection { rule: matching.next(), beaten: matching.take(BEATEN_RULES_MAX).collect() }
}

/// A whole coverage, made ready for many lookups and for its check.
pub struct PreparedRules<'a> {
    pub(super) rules: &'a [CoverageRule],
    pub(super) normal: Vec<NormalRule>,
    by_key: HashMap<String, Vec<usize>>,
}

impl<'a> PreparedRules<'a> {
    pub fn new(rules: &'a [CoverageRule]) -> PreparedRules<'a> {
        let normal: Vec<NormalRule> = rules.iter().map(NormalRule::of).collect();
        let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, rule) in normal.iter().enumerate() {
            by_key.entry(rule.lookup_key()).or_default().push(index);
        }
        PreparedRules { rules, normal, by_key }
    }

    /// The same as [`select`] among all rules.
    pub fn select(&self, query: &Query) -> Selection {
        let keys = super::lookup_keys(&query.place);
        let found = keys.iter().filter_map(|key| self.by_key.get(key)).flatten();
        best(found.map(|&index| (&self.rules[index], &self.normal[index])), query)
    }
}
