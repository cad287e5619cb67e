//! The routing contract: the complaints about a real operator go where an independent program says that they go.

use oms_domain::address::Address;
use oms_domain::division::{Division, Neighbourhood, check_tree};
use oms_domain::routing::normalise::Place;
use oms_domain::routing::{
    Coverage, CoverageRule, FindingKind, PreparedRules, Query, check_rule, lookup_keys, select,
};
use std::collections::BTreeMap;
use std::path::Path;

/// The rows of a file of the example, each by the names of its columns.
fn rows(name: &str) -> Vec<BTreeMap<String, String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/complaints").join(name);
    let mut reader =
        csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows: Result<Vec<_>, _> = reader.deserialize().collect();
    rows.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn optional(row: &BTreeMap<String, String>, column: &str) -> Option<String> {
    let text = row.get(column).unwrap_or_else(|| panic!("there is no column {column}")).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn divisions() -> Vec<Division> {
    let division = |row: BTreeMap<String, String>| Division {
        code: row["code"].clone(),
        parent_code: optional(&row, "parent_code"),
        name: row["name"].clone(),
        kind: row["kind"].clone(),
        timezone: row["timezone"].clone(),
        email: optional(&row, "email"),
        head: None,
    };
    rows("divisions.csv").into_iter().map(division).collect()
}

/// The file names no service, house or parity; a rule that does must be read here too.
fn rules() -> Vec<CoverageRule> {
    let rule = |row: BTreeMap<String, String>| {
        assert!(matches!(optional(&row, "service").as_deref(), None | Some("*")), "{row:?}");
        assert_eq!(optional(&row, "parity"), None, "{row:?}");
        let house = |column| optional(&row, column).map(|text| text.parse().expect("a number"));
        CoverageRule {
            division_code: row["division_code"].clone(),
            country: optional(&row, "country"),
            region: optional(&row, "region"),
            city: optional(&row, "city"),
            street: optional(&row, "street"),
            house_from: house("house_from"),
            house_to: house("house_to"),
            postcode_prefix: optional(&row, "postcode_prefix"),
            phone_prefix: optional(&row, "phone_prefix"),
            ..CoverageRule::default()
        }
    };
    rows("coverage.csv").into_iter().map(rule).collect()
}

/// ZIP codes of the north-east have lost their leading zero on the way through a spreadsheet.
fn place(complaint: &BTreeMap<String, String>) -> Query {
    let address = Address {
        country: "US".to_owned(),
        region: optional(complaint, "State"),
        city: optional(complaint, "City"),
        postcode: optional(complaint, "Zip code").map(|code| format!("{code:0>5}")),
        ..Address::default()
    };
    Query { place: Place::of(&address), ..Query::default() }
}

#[test]
fn every_complaint_is_routed_to_the_expected_division() {
    let rules = rules();
    let expected: BTreeMap<String, String> = rows("expected-routing.csv")
        .into_iter()
        .map(|row| (row["ticket"].clone(), row["division_code"].clone()))
        .collect();
    let mut routed = BTreeMap::new();
    for complaint in rows("complaints-2015.csv") {
        let winner = select(rules.iter().cloned(), &place(&complaint)).rule;
        let code = winner.map_or_else(|| "head-office".to_owned(), |rule| rule.division_code);
        let ticket = complaint["Ticket #"].clone();
        assert!(routed.insert(ticket, code).is_none(), "{complaint:?} is there twice");
    }
    assert_eq!(routed.len(), 1_113);
    assert_eq!(routed, expected);
}

#[test]
fn the_index_of_the_coverage_finds_every_rule_that_matches() {
    let rules = rules();
    for complaint in rows("complaints-2015.csv") {
        let query = place(&complaint);
        let keys = lookup_keys(&query.place);
        for rule in rules.iter().filter(|rule| rule.matches(&query.place, &query.services)) {
            assert!(keys.contains(&rule.lookup_key()), "{complaint:?}: {}", rule.describe());
        }
    }
}

#[test]
fn the_example_operator_is_sound() {
    let (divisions, rules) = (divisions(), rules());
    assert_eq!(check_tree(&divisions), []);
    let found = PreparedRules::new(&rules).check();
    let ambiguous = found.iter().find(|finding| finding.kind == FindingKind::Ambiguous);
    assert_eq!(ambiguous, None);
    for rule in &rules {
        assert_eq!(check_rule(rule), [], "{rule:?}");
        let known = divisions.iter().any(|division| division.code == rule.division_code);
        assert!(known, "{rule:?} is of no division");
    }
}

#[test]
fn from_every_covering_division_each_kind_is_found() {
    let (divisions, rules) = (divisions(), rules());
    for rule in rules {
        let neighbourhood = Neighbourhood::of(&divisions, &rule.division_code);
        let coverage = Coverage { rule: Some(rule.clone()), neighbourhood, ..Coverage::default() };
        for kind in ["technical", "support", "sales", "branch"] {
            let (division, decision) = coverage.division_for(Some(kind)).expect("a division");
            let found = divisions.iter().find(|known| known.code == division.code);
            assert_eq!(found.map(|found| found.kind.as_str()), Some(kind), "{}", decision.reason);
        }
    }
}
