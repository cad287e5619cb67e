//! The scenarios that come with the product: `scenarios/*.toml`.

use super::model::{Scenario, parse_toml};
use crate::order::OrderKind;
use crate::party::PartyType;
use std::sync::LazyLock;

const SOURCES: [&str; 12] = [
    include_str!("../../../../scenarios/connect-individual.toml"),
    include_str!("../../../../scenarios/connect-legal.toml"),
    include_str!("../../../../scenarios/disconnect-individual.toml"),
    include_str!("../../../../scenarios/disconnect-legal.toml"),
    include_str!("../../../../scenarios/change-individual.toml"),
    include_str!("../../../../scenarios/change-legal.toml"),
    include_str!("../../../../scenarios/support-individual.toml"),
    include_str!("../../../../scenarios/support-legal.toml"),
    // A published version never changes; orders that began with it keep it.
    include_str!("../../../../scenarios/connect-individual-2.toml"),
    include_str!("../../../../scenarios/connect-legal-2.toml"),
    include_str!("../../../../scenarios/support-individual-2.toml"),
    include_str!("../../../../scenarios/support-legal-2.toml"),
];

static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
    let parse = |text: &&str| {
        parse_toml(text).expect("built-in scenarios are part of the program and read by a test")
    };
    SOURCES.iter().map(parse).collect()
});

pub fn built_in() -> &'static [Scenario] {
    &SCENARIOS
}

pub fn find(code: &str, version: u32) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.code == code && scenario.version == version)
}

/// The newest scenario for an order. One for the type of party goes before one for both.
pub fn for_order(kind: OrderKind, party: Option<PartyType>) -> Option<&'static Scenario> {
    SCENARIOS
        .iter()
        .filter(|scenario| scenario.order_kind == kind)
        .filter(|scenario| scenario.party_type.is_none() || scenario.party_type == party)
        .max_by_key(|scenario| (scenario.party_type.is_some(), scenario.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scenario_is_read_and_has_no_faults() {
        for source in SOURCES {
            let scenario = parse_toml(source).unwrap_or_else(|error| panic!("{error}\n{source}"));
            assert_eq!(super::super::check(&scenario), [], "{}", scenario.code);
        }
    }

    #[test]
    fn every_kind_and_party_has_a_scenario() {
        let cases = "
            connect     individual   connect-individual
            connect     legalEntity  connect-legal
            disconnect  individual   disconnect-individual
            disconnect  legalEntity  disconnect-legal
            change      individual   change-individual
            change      legalEntity  change-legal
            support     individual   support-individual
            support     legalEntity  support-legal
            support     -            support-individual
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let [kind, party, expected] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let find_word = |word: &str| {
                PartyType::WORDS.iter().find(|(w, _)| *w == word).map(|(_, value)| *value)
            };
            let kind = OrderKind::WORDS.iter().find(|(word, _)| *word == kind).expect("a kind").1;
            assert_eq!(for_order(kind, find_word(party)).expect(line).code, expected, "{line}");
        }
    }
}
