//! What is wrong with a scenario is found before an order is in it: each kind of fault, one case per line.

use oms_domain::scenario::{check, parse_toml};
use std::collections::BTreeSet;

/// A scenario without faults that has everything a scenario can have.
const SOUND: &str = include_str!("scenario_check/sound.toml");
/// `codes of the faults | what is replaced | by what`
const CASES: &str = include_str!("scenario_check/cases.txt");

fn faults(text: &str) -> Vec<String> {
    let scenario = parse_toml(text).unwrap_or_else(|error| panic!("{error}"));
    let faults = check(&scenario);
    for fault in &faults {
        let sentence = fault.message.ends_with('.') && fault.message.len() > 20;
        assert!(sentence, "says what is wrong: {}", fault.message);
        let value = serde_json::to_value(&scenario).expect("JSON");
        let parent = fault.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        assert!(value.pointer(parent).is_some(), "{} is a place of the scenario", fault.pointer);
    }
    let mut codes: Vec<String> = faults.into_iter().map(|fault| fault.code).collect();
    codes.sort();
    codes
}

fn cases() -> impl Iterator<Item = (Vec<&'static str>, String, String)> {
    let lines = CASES.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let columns: Vec<&str> = line.splitn(3, " | ").map(str::trim).collect();
        let [codes, from, to] = columns[..] else { panic!("{line}") };
        let mut codes: Vec<&str> = codes.split_whitespace().collect();
        codes.sort_unstable();
        let lines = |text: &str| text.replace("\\n", "\n");
        (codes, lines(from), if to == "nothing" { String::new() } else { lines(to) })
    })
}

#[test]
fn a_sound_scenario_has_no_faults() {
    assert_eq!(faults(SOUND), [""; 0]);
}

#[test]
fn every_kind_of_fault_is_found() {
    for (expected, from, to) in cases() {
        assert_eq!(SOUND.matches(from.as_str()).count(), 1, "{from} is there once");
        assert_eq!(faults(&SOUND.replace(&from, &to)), expected, "{from} -> {to}");
    }
}

#[test]
fn the_page_about_scenarios_names_every_kind_of_fault() {
    let found: BTreeSet<&str> = cases().flat_map(|(codes, _, _)| codes).collect();
    assert!(found.len() >= 25, "{} kinds of fault have a case", found.len());
    let page = include_str!("../../../docs/scenario.md");
    for code in found {
        assert!(page.contains(&format!("| `{code}` |")), "docs/scenario.md does not name {code}");
    }
}

#[test]
fn a_scenario_that_nobody_can_oversee_is_refused() {
    let stage = |index: usize| {
        format!(
            "[[stages]]\ncode = \"s{index}\"\nname = {{ en = \"S\", ru = \"С\" }}\n\
             state = \"completed\"\n"
        )
    };
    let many: String = (0..61).map(stage).collect();
    let codes = faults(&SOUND.replacen("[[stages]]", &format!("{many}\n[[stages]]"), 1));
    assert!(codes.contains(&"too-many".to_owned()), "{codes:?}");
}
