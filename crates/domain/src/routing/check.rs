//! What is wrong with a whole coverage: rules that contradict each other, cross each other, or can never win.
//!
//! Rules are sorted into groups that name the same fields alike, and houses are swept from the lowest number up, so that
//! the time grows with the number of rules and not with its square.

use super::rule::{CoverageRule, Parity};
use super::select::PreparedRules;
use super::specificity::{Houses, NormalRule, Range, Scope, Specificity};
use crate::catalogue::Service;
use crate::limits::COVERAGE_CROSSINGS_LOOKED_AT_MAX;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Something about one rule, perhaps with another. Indices count from 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub rule: usize,
    pub kind: FindingKind,
    pub other: Option<usize>,
    /// An address at which it shows.
    pub example: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// An error: another division's rule is as specific for the same address.
    Ambiguous,
    /// Two house ranges of different divisions cross: the narrower hides a part of the wider.
    Crossing,
    /// More specific rules hold every address of this one.
    NeverWins,
    /// The same rule of the same division is there already.
    Repeated,
}

impl FindingKind {
    pub fn code(self) -> &'static str {
        match self {
            FindingKind::Ambiguous => "ambiguous-coverage",
            FindingKind::Crossing => "crossing-ranges",
            FindingKind::NeverWins => "never-wins",
            FindingKind::Repeated => "repeated-rule",
        }
    }
}

impl Finding {
    /// The finding as a sentence; `place_of` says where a rule stands in what was sent.
    pub fn sentence(&self, rules: &[CoverageRule], place_of: impl Fn(usize) -> String) -> String {
        let other = self.other.unwrap_or(self.rule);
        let (rule, at, owner) =
            (rules[self.rule].describe(), place_of(other), &rules[other].division_code);
        let example = &self.example;
        match self.kind {
            FindingKind::Ambiguous => format!(
                "This rule and the one of {owner} at {at} are equally specific for {example}; make one of them more specific."
            ),
            FindingKind::Crossing => format!(
                "The rule {rule} and the rule {} of {owner} at {at} cross: {example} is in both, and the narrower range has it.",
                rules[other].describe(),
            ),
            FindingKind::NeverWins => format!(
                "The rule {rule} can never win: more specific rules hold all its addresses, such as {example}."
            ),
            FindingKind::Repeated => format!("The rule {rule} is there twice."),
        }
    }
}

impl PreparedRules<'_> {
    /// Everything that can be said of the rules alone, by their order.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = ambiguous(self);
        findings.extend(crossing(self));
        let repeated = repeated(self);
        let mut known: HashSet<usize> = repeated.iter().map(|finding| finding.rule).collect();
        findings.extend(repeated);
        let hidden = hidden_ranges(self).into_iter().chain(hidden_phones(self));
        findings.extend(hidden.filter(|finding| known.insert(finding.rule)));
        findings.sort();
        findings
    }

    fn division(&self, index: usize) -> &str {
        &self.rules[index].division_code
    }

    fn range(&self, index: usize) -> Option<Range> {
        match self.normal[index].houses {
            Houses::Range(range) => Some(range),
            _ => None,
        }
    }

    fn finding(
        &self,
        kind: FindingKind,
        a: usize,
        b: Option<usize>,
        house: Option<u32>,
    ) -> Finding {
        // The later rule is told of the earlier one.
        let (rule, other) = (b.map_or(a, |b| a.max(b)), b.map(|b| a.min(b)));
        Finding { rule, kind, other, example: example(&self.rules[rule], house) }
    }
}

/// An address that a rule matches.
fn example(rule: &CoverageRule, house: Option<u32>) -> String {
    let texts = [&rule.country, &rule.region, &rule.city, &rule.street, &rule.house];
    let mut parts: Vec<String> = texts.into_iter().flatten().cloned().collect();
    parts.extend(house.map(|house| house.to_string()));
    parts.extend(rule.postcode_prefix.as_ref().map(|prefix| format!("postcode {prefix}")));
    parts.extend(rule.phone_prefix.as_ref().map(|prefix| format!("phone {prefix}")));
    if parts.is_empty() {
        parts.push("any address".to_owned());
    }
    parts.join(", ")
}

/// Indices by what makes rules comparable.
fn groups<'a, K: std::hash::Hash + Eq>(
    prepared: &'a PreparedRules<'_>,
    key: impl Fn(&'a NormalRule) -> Option<K>,
) -> Vec<Vec<usize>> {
    let mut groups: HashMap<K, Vec<usize>> = HashMap::new();
    for (index, rule) in prepared.normal.iter().enumerate() {
        if let Some(key) = key(rule) {
            groups.entry(key).or_default().push(index);
        }
    }
    groups.into_values().filter(|members| members.len() > 1).collect()
}

/// Equally specific rules name the same fields, and those of one address alike: only ranges of as many houses can share
/// an address without being equal.
fn ambiguous(prepared: &PreparedRules<'_>) -> Vec<Finding> {
    let key = |rule: &NormalRule| {
        let houses = match &rule.houses {
            Houses::Range(range) => Err(range.count()),
            houses => Ok(houses.clone()),
        };
        (rule.service, houses)
    };
    let mut found = Vec::new();
    for mut members in groups(prepared, |rule| Some((&rule.scope, key(rule)))) {
        members.sort_by_key(|&index| (prepared.range(index).map(|range| range.from), index));
        // Of each parity the two ranges of different divisions that reach farthest: if none of them shares a house with
        // the next range, no other does.
        let mut farthest: HashMap<Option<Parity>, Vec<usize>> = HashMap::new();
        for &index in &members {
            let division = prepared.division(index);
            let Some(range) = prepared.range(index) else {
                if division != prepared.division(members[0]) {
                    found.push(prepared.finding(
                        FindingKind::Ambiguous,
                        members[0],
                        Some(index),
                        None,
                    ));
                }
                continue;
            };
            let shared = |&other: &usize| {
                let house = prepared.range(other)?.common(range)?;
                Some((other, house))
            };
            let mut others =
                farthest.values().flatten().filter(|&&other| prepared.division(other) != division);
            if let Some((other, house)) = others.find_map(shared) {
                let kind = FindingKind::Ambiguous;
                found.push(prepared.finding(kind, other, Some(index), Some(house)));
            }
            let kept = farthest.entry(range.parity).or_default();
            kept.push(index);
            kept.sort_by_key(|&kept| Reverse(prepared.range(kept).map(|range| range.to)));
            let first = prepared.division(kept[0]);
            let second = kept[1..].iter().copied().find(|&k| prepared.division(k) != first);
            kept.truncate(1);
            kept.extend(second);
        }
    }
    found
}

/// Ranges of one street that share houses while neither lies within the other.
fn crossing(prepared: &PreparedRules<'_>) -> Vec<Finding> {
    let is_range = |rule: &NormalRule| matches!(rule.houses, Houses::Range(_));
    let mut found = Vec::new();
    for members in groups(prepared, |rule| is_range(rule).then_some(&rule.scope)) {
        let mut ranges: Vec<(Range, usize)> = members
            .into_iter()
            .filter_map(|index| prepared.range(index).map(|range| (range, index)))
            .collect();
        ranges.sort_by_key(|(range, index)| (range.from, Reverse(range.to), *index));
        // By their ends, so that those that end within the next range are found at once.
        let mut begun: HashMap<(Option<Service>, Option<Parity>), BTreeMap<(u32, usize), Range>> =
            HashMap::new();
        for (range, index) in ranges {
            let service = prepared.normal[index].service;
            let crosses = |(&(_, other), before): (&(u32, usize), &Range)| {
                let is_other = prepared.division(other) != prepared.division(index)
                    && before.from < range.from
                    && prepared.normal[other].specificity() != prepared.normal[index].specificity();
                let house = before.common(range).filter(|_| is_other)?;
                Some((other, house))
            };
            let meets = |of: Option<Service>| of.is_none() || service.is_none() || of == service;
            let crossed = begun.iter().filter(|((of, _), _)| meets(*of)).find_map(|(_, ends)| {
                let within = ends.range((range.from, 0)..(range.to, 0));
                within.take(COVERAGE_CROSSINGS_LOOKED_AT_MAX).find_map(crosses)
            });
            if let Some((other, house)) = crossed {
                let kind = FindingKind::Crossing;
                found.push(prepared.finding(kind, other, Some(index), Some(house)));
            }
            begun.entry((service, range.parity)).or_default().insert((range.to, index), range);
        }
    }
    found
}

fn repeated(prepared: &PreparedRules<'_>) -> Vec<Finding> {
    let mut seen: HashMap<(&NormalRule, &str), usize> = HashMap::new();
    let mut found = Vec::new();
    for (index, rule) in prepared.normal.iter().enumerate() {
        let first = *seen.entry((rule, prepared.division(index))).or_insert(index);
        if first != index {
            found.push(prepared.finding(FindingKind::Repeated, first, Some(index), None));
        }
    }
    found
}

/// Numbers of one side of a street that rules hold: disjoint intervals, by where they begin.
#[derive(Default)]
struct Side(BTreeMap<u32, u32>);

impl Side {
    fn add(&mut self, (mut from, mut to): (u32, u32)) {
        // What touches the new interval becomes part of it.
        while let Some((&begin, &end)) = self.0.range(..=to.saturating_add(1)).next_back() {
            if end.saturating_add(1) < from {
                break;
            }
            from = from.min(begin);
            to = to.max(end);
            self.0.remove(&begin);
        }
        self.0.insert(from, to);
    }

    fn holds(&self, (from, to): (u32, u32)) -> bool {
        self.0.range(..=from).next_back().is_some_and(|(_, end)| *end >= to)
    }
}

/// A range on the two sides of its street, even and odd, each counted in steps of two.
fn sides(range: Range) -> [Option<(u32, u32)>; 2] {
    let even = (range.from.div_ceil(2), range.to / 2);
    let odd = (range.from / 2, range.to.div_ceil(2).saturating_sub(1));
    let side = |steps: (u32, u32), parity, empty: bool| {
        (range.parity.is_none_or(|p| p == parity) && !empty).then_some(steps)
    };
    let is_odd_empty = range.to == 0 || odd.0 > odd.1;
    [side(even, Parity::Even, even.0 > even.1), side(odd, Parity::Odd, is_odd_empty)]
}

/// Ranges all of whose houses are held by more specific ones of the same street.
fn hidden_ranges(prepared: &PreparedRules<'_>) -> Vec<Finding> {
    const CLASSES: [Option<Service>; 3] = [None, Some(Service::Internet), Some(Service::Telephony)];
    let is_range = |rule: &NormalRule| matches!(rule.houses, Houses::Range(_));
    let mut found = Vec::new();
    for members in groups(prepared, |rule| is_range(rule).then_some(&rule.scope)) {
        let mut by_rank: BTreeMap<Reverse<Specificity>, Vec<(usize, Range)>> = BTreeMap::new();
        for index in members {
            if let Some(range) = prepared.range(index) {
                let rank = Reverse(prepared.normal[index].specificity());
                by_rank.entry(rank).or_default().push((index, range));
            }
        }
        // What is held for any service, for internet, for telephony.
        let mut held: [[Side; 2]; 3] = Default::default();
        for equal in by_rank.into_values() {
            for &(index, range) in &equal {
                let service = prepared.normal[index].service;
                let class = CLASSES.iter().position(|class| *class == service).unwrap_or_default();
                let mut sides = sides(range).into_iter().zip(&held[class]);
                if sides.all(|(side, held)| side.is_none_or(|side| held.holds(side))) {
                    let house = range.common(range);
                    found.push(prepared.finding(FindingKind::NeverWins, index, None, house));
                }
            }
            for (index, range) in equal {
                let service = prepared.normal[index].service;
                for (class, held) in CLASSES.iter().zip(&mut held) {
                    if service.is_none() || service == *class {
                        for (side, held) in sides(range).into_iter().zip(held) {
                            side.into_iter().for_each(|side| held.add(side));
                        }
                    }
                }
            }
        }
    }
    found
}

/// Telephone prefixes all ten continuations of which have rules of their own, or are hidden in the same way.
fn hidden_phones(prepared: &PreparedRules<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let key = |rule: &NormalRule| {
        let scope = Scope { phone: None, ..rule.scope.clone() };
        rule.scope.phone.is_some().then(|| (scope, rule.service, rule.houses.clone()))
    };
    for members in groups(prepared, key) {
        let phone =
            |index: usize| prepared.normal[index].scope.phone.as_deref().unwrap_or_default();
        let mut by_length: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for &index in &members {
            by_length.entry(phone(index).len()).or_default().insert(phone(index));
        }
        let mut hidden: HashSet<&str> = HashSet::new();
        let longest = by_length.keys().next_back().copied().unwrap_or_default();
        for length in (2..=longest).rev() {
            let mut continuations: HashMap<&str, usize> = HashMap::new();
            for prefix in by_length.get(&length).into_iter().flatten() {
                *continuations.entry(&prefix[..length - 1]).or_default() += 1;
            }
            for (prefix, count) in continuations {
                if count == 10 {
                    hidden.insert(prefix);
                    by_length.entry(length - 1).or_default().insert(prefix);
                }
            }
        }
        for index in members {
            if hidden.contains(phone(index)) {
                found.push(prepared.finding(FindingKind::NeverWins, index, None, None));
            }
        }
    }
    found
}
