//! The scenarios that come with the product: `scenarios/*.toml`.

use super::model::{Scenario, parse_toml};
use crate::order::OrderKind::{self, Change, Connect, Disconnect, Support};
use crate::party::PartyType;
use std::sync::OnceLock;

/// What must be known of a scenario to choose it. Its text is read when it is first wanted: every instance of a component
/// begins with none of them, and most need one or two.
struct BuiltIn {
    code: &'static str,
    version: u32,
    kind: OrderKind,
    party_type: Option<PartyType>,
    text: &'static str,
    scenario: OnceLock<Scenario>,
}

impl BuiltIn {
    fn scenario(&self) -> &Scenario {
        self.scenario.get_or_init(|| {
            parse_toml(self.text)
                .expect("built-in scenarios are part of the program and read by a test")
        })
    }
}

const ANYONE: Option<PartyType> = None;
const PERSON: Option<PartyType> = Some(PartyType::Individual);
const COMPANY: Option<PartyType> = Some(PartyType::LegalEntity);

macro_rules! built_in {
    ($($code:literal $version:literal $kind:ident $party_type:ident $file:literal;)*) => {
        [$(BuiltIn {
            code: $code,
            version: $version,
            kind: $kind,
            party_type: $party_type,
            text: include_str!(concat!("../../../../scenarios/", $file)),
            scenario: OnceLock::new(),
        }),*]
    };
}

// A published version never changes; orders that began with it keep it.
static SCENARIOS: [BuiltIn; 21] = built_in! {
    "connect-individual"    1 Connect    PERSON  "connect-individual.toml";
    "connect-individual"    2 Connect    PERSON  "connect-individual-2.toml";
    "connect-individual"    3 Connect    PERSON  "connect-individual-3.toml";
    "connect-legal"         1 Connect    COMPANY "connect-legal.toml";
    "connect-legal"         2 Connect    COMPANY "connect-legal-2.toml";
    "connect-legal"         3 Connect    COMPANY "connect-legal-3.toml";
    "connect-legal"         4 Connect    COMPANY "connect-legal-4.toml";
    "disconnect-individual" 1 Disconnect ANYONE  "disconnect-individual.toml";
    "disconnect-individual" 2 Disconnect ANYONE  "disconnect-individual-2.toml";
    "disconnect-legal"      1 Disconnect COMPANY "disconnect-legal.toml";
    "disconnect-legal"      2 Disconnect COMPANY "disconnect-legal-2.toml";
    "change-individual"     1 Change     ANYONE  "change-individual.toml";
    "change-individual"     2 Change     ANYONE  "change-individual-2.toml";
    "change-legal"          1 Change     COMPANY "change-legal.toml";
    "change-legal"          2 Change     COMPANY "change-legal-2.toml";
    "support-individual"    1 Support    ANYONE  "support-individual.toml";
    "support-individual"    2 Support    ANYONE  "support-individual-2.toml";
    "support-individual"    3 Support    ANYONE  "support-individual-3.toml";
    "support-legal"         1 Support    COMPANY "support-legal.toml";
    "support-legal"         2 Support    COMPANY "support-legal-2.toml";
    "support-legal"         3 Support    COMPANY "support-legal-3.toml";
};

/// All built-in scenarios in all their versions.
pub fn built_in() -> impl Iterator<Item = &'static Scenario> {
    SCENARIOS.iter().map(BuiltIn::scenario)
}

pub fn find(code: &str, version: u32) -> Option<&'static Scenario> {
    let is = |it: &&BuiltIn| it.code == code && it.version == version;
    SCENARIOS.iter().find(is).map(BuiltIn::scenario)
}

/// The newest scenario for an order. One for the type of party goes before one for both.
pub fn for_order(kind: OrderKind, party: Option<PartyType>) -> Option<&'static Scenario> {
    newest_for(kind, party).map(BuiltIn::scenario)
}

/// The code of [`for_order`], for whom that is enough.
pub fn code_for_order(kind: OrderKind, party: Option<PartyType>) -> Option<&'static str> {
    newest_for(kind, party).map(|it| it.code)
}

fn newest_for(kind: OrderKind, party: Option<PartyType>) -> Option<&'static BuiltIn> {
    SCENARIOS
        .iter()
        .filter(|it| it.kind == kind)
        .filter(|it| it.party_type.is_none() || it.party_type == party)
        .max_by_key(|it| (it.party_type.is_some(), it.version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::BUILT_IN_VERSION_MAX;

    #[test]
    fn every_built_in_scenario_is_read_and_has_no_faults() {
        for it in &SCENARIOS {
            let name = format!("{} {}", it.code, it.version);
            let scenario = parse_toml(it.text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((scenario.code.as_str(), scenario.version), (it.code, it.version));
            assert_eq!(
                (scenario.order_kind, scenario.party_type),
                (it.kind, it.party_type),
                "{name}"
            );
            assert_eq!(super::super::check(&scenario), [], "{name}");
        }
    }

    #[test]
    fn versions_are_numbered_without_gaps() {
        for it in &SCENARIOS {
            assert!(it.version == 1 || find(it.code, it.version - 1).is_some(), "{}", it.code);
        }
    }

    #[test]
    fn built_in_versions_leave_the_numbers_of_an_operators_own_alone() {
        for it in &SCENARIOS {
            assert!(it.version <= BUILT_IN_VERSION_MAX, "{} {}", it.code, it.version);
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
