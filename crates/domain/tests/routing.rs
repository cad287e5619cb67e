//! How addresses are read, which rule wins, and what is found in a whole coverage: tables, one case per line.

use oms_domain::address::Address;
use oms_domain::catalogue::Service;
use oms_domain::routing::normalise::Place;
use oms_domain::routing::{
    CoverageRule, FindingKind, House, Parity, PreparedRules, Query, Street, check_rule,
    divisions_by_service, lookup_keys, select,
};
use std::collections::{BTreeMap, BTreeSet};

fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// `name=value …`; `_` stands for a blank.
fn fields(text: &str) -> BTreeMap<&str, String> {
    text.split_whitespace()
        .map(|word| {
            let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("{word}"));
            (name, value.replace('_', " "))
        })
        .collect()
}

fn service(word: &str) -> Service {
    let found = Service::WORDS.iter().find(|(known, _)| *known == word);
    found.unwrap_or_else(|| panic!("{word}")).1
}

/// `division: fields`
fn rule(line: &str) -> CoverageRule {
    let (division, text) = line.split_once(':').unwrap_or_else(|| panic!("{line}"));
    let mut fields = fields(text);
    let mut number = |name: &str| fields.remove(name).map(|text| text.parse().expect("a number"));
    let (house_from, house_to) = (number("from"), number("to"));
    let mut take = |name: &str| fields.remove(name);
    let rule = CoverageRule {
        division_code: division.to_owned(),
        service: take("service").map(|word| service(&word)),
        country: take("country"),
        region: take("region"),
        city: take("city"),
        street: take("street"),
        house: take("house"),
        house_from,
        house_to,
        parity: take("parity").map(|word| match word.as_str() {
            "odd" => Parity::Odd,
            _ => Parity::Even,
        }),
        postcode_prefix: take("postcode"),
        phone_prefix: take("phone"),
    };
    assert!(fields.is_empty(), "{line}: {fields:?}");
    assert_eq!(check_rule(&rule), [], "{line}");
    rule
}

fn query(text: &str) -> Query {
    let mut fields = fields(text);
    let mut take = |name: &str| fields.remove(name);
    let address = Address {
        country: take("country").unwrap_or_default(),
        region: take("region"),
        city: take("city"),
        street: take("street"),
        house: take("house"),
        flat: None,
        postcode: take("postcode"),
    };
    let phone = take("phone");
    let services: BTreeSet<Service> =
        take("service").map(|words| words.split(',').map(service).collect()).unwrap_or_default();
    assert!(fields.is_empty(), "{text}: {fields:?}");
    Query { place: Place::of(&address).with_phone(phone.as_deref()), services }
}

#[test]
fn a_street_is_one_street_however_it_is_written() {
    let table: Vec<Vec<&str>> = lines(include_str!("routing/streets.txt"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let mut wrong = Vec::new();
    for spellings in &table {
        let first = Street::parse(spellings[0]);
        for spelling in spellings {
            let street = Street::parse(spelling);
            if !street.is_same(&first) {
                wrong.push(format!("{spelling:?} is {street:?}, {:?} is {first:?}", spellings[0]));
            }
        }
        for other in table.iter().filter(|other| other[0] != spellings[0]) {
            if Street::parse(other[0]).is_same(&first) {
                wrong.push(format!("{:?} and {:?} are one street", other[0], spellings[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let spellings: usize = table.iter().map(Vec::len).sum();
    assert!(spellings >= 150, "{spellings} spellings");
}

#[test]
fn a_house_has_a_number_a_letter_and_parts() {
    let mut wrong = Vec::new();
    for line in lines(include_str!("routing/houses.txt")) {
        let (written, expected) = line.split_once('|').unwrap_or_else(|| panic!("{line}"));
        let house = House::parse(written).map_or("-".to_owned(), |house| house.to_string());
        if house != expected.trim() {
            wrong.push(format!("{written:?} is {house}, not {}", expected.trim()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rules and the addresses of the table of winners.
fn winners() -> (Vec<CoverageRule>, Vec<(&'static str, &'static str)>) {
    let table = include_str!("routing/winners.txt");
    let (rules, addresses) = table.split_once("ADDRESSES").expect("two parts");
    let rules = lines(rules).filter(|line| *line != "RULES").map(rule).collect();
    let case = |line: &'static str| {
        let (address, expected) = line.split_once('|').unwrap_or_else(|| panic!("{line}"));
        (address, expected.trim())
    };
    (rules, lines(addresses).map(case).collect())
}

#[test]
fn the_most_specific_rule_wins() {
    let (rules, cases) = winners();
    let found = PreparedRules::new(&rules).check();
    let ambiguous = found.iter().find(|finding| finding.kind == FindingKind::Ambiguous);
    assert_eq!(ambiguous, None);
    let prepared = PreparedRules::new(&rules);
    for (address, expected) in cases {
        let query = query(address);
        let selection = select(rules.iter().cloned(), &query);
        let winner = selection.rule.as_ref().map_or("-", |rule| &rule.division_code);
        assert_eq!(winner, expected, "{address}");
        assert_eq!(prepared.select(&query), selection, "{address}: prepared");
    }
}

#[test]
fn every_rule_that_matches_is_found_by_its_key() {
    let (rules, cases) = winners();
    for (address, _) in cases {
        let query = query(address);
        let keys = lookup_keys(&query.place);
        for rule in rules.iter().filter(|rule| rule.matches(&query.place, &query.services)) {
            assert!(keys.contains(&rule.lookup_key()), "{address}: {}", rule.describe());
        }
    }
}

#[test]
fn each_service_of_an_order_has_its_own_division() {
    let rules: Vec<CoverageRule> = [
        "both: city=Tashkent",
        "phones: city=Tashkent service=telephony",
        "corner: city=Tashkent street=Mira",
    ]
    .map(rule)
    .to_vec();
    // The address and what is asked for, and who has each.
    let cases = [
        ("country=UZ city=Tashkent service=internet", "internet both"),
        ("country=UZ city=Tashkent service=internet,telephony", "internet both, telephony phones"),
        (
            "country=UZ city=Tashkent street=Mira service=internet,telephony",
            "internet corner, telephony corner",
        ),
        ("country=UZ city=Bukhara service=internet", "internet -"),
        ("country=UZ city=Tashkent", ""),
    ];
    for (address, expected) in cases {
        let found = divisions_by_service(&rules, &query(address));
        let shown: Vec<String> = found
            .into_iter()
            .map(|(service, selection)| {
                let division = selection.rule.map_or("-".to_owned(), |rule| rule.division_code);
                format!("{} {division}", service.code())
            })
            .collect();
        assert_eq!(shown.join(", "), expected, "{address}");
    }
}

#[test]
fn what_is_wrong_with_a_coverage_is_found() {
    let table = include_str!("routing/findings.txt");
    let mut cases = 0;
    for block in table.split("COVERAGE ").skip(1) {
        let (coverage, expected) = block.split_once("FOUND").expect("two parts");
        let (name, coverage) = coverage.split_once('\n').expect("a name");
        let rules: Vec<CoverageRule> = lines(coverage).map(rule).collect();
        let findings = PreparedRules::new(&rules).check();
        let found: Vec<String> = findings
            .iter()
            .map(|finding| {
                let other = finding.other.map_or("-".to_owned(), |other| (other + 1).to_string());
                let (rule, code) = (finding.rule + 1, finding.kind.code());
                format!("{rule} {code} {other} {}", finding.example)
            })
            .collect();
        let expected: Vec<&str> = lines(expected).collect();
        assert_eq!(found, expected, "{name}");
        for finding in &findings {
            let sentence = finding.sentence(&rules, |index| format!("line {}", index + 2));
            assert!(sentence.ends_with('.') && sentence.contains(&finding.example), "{sentence}");
        }
        cases += 1;
    }
    assert!(cases >= 15, "{cases} coverages");
}

#[test]
fn a_rule_that_can_hold_no_house_is_refused() {
    let street = || CoverageRule {
        street: Some("Mira".to_owned()),
        division_code: "north".to_owned(),
        ..CoverageRule::default()
    };
    let cases = [
        (CoverageRule { house: Some("A".to_owned()), ..street() }, "house"),
        (CoverageRule { house: Some("1".to_owned()), house_from: Some(1), ..street() }, "house"),
        (CoverageRule { house: Some("1".to_owned()), street: None, ..street() }, "street"),
        (CoverageRule { street: Some("«»".to_owned()), ..street() }, "street"),
        (CoverageRule { house_from: Some(7), house_to: Some(3), ..street() }, "house_to"),
        (
            CoverageRule {
                house_from: Some(12),
                house_to: Some(12),
                parity: Some(Parity::Odd),
                ..street()
            },
            "parity",
        ),
    ];
    for (rule, column) in cases {
        let columns: Vec<&str> = check_rule(&rule).into_iter().map(|(column, _)| column).collect();
        assert_eq!(columns, [column], "{}", rule.describe());
    }
}
