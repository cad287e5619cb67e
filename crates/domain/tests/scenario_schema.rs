//! docs/scenario.schema.json says what a scenario looks like, as the program reads it: the built-in ones are right by it,
//! and its closed sets are those of the program.

use oms_domain::division::DIVISION_KINDS;
use oms_domain::effect::EffectKind;
use oms_domain::order::{OrderKind, OrderState};
use oms_domain::party::PartyType;
use oms_domain::rights::Right;
use oms_domain::scenario::{built_in, parse_toml};
use serde_json::{Value, json};

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../docs/scenario.schema.json")).expect("JSON")
}

/// What is wrong with a value, by the words of JSON Schema that the file uses.
fn faults(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let target = root.pointer(name.trim_start_matches('#')).expect("the reference is there");
        faults(root, target, value, at, found);
    }
    if let Some(kinds) = schema["oneOf"].as_array() {
        let fits = |kind: &&Value| {
            let mut inner = Vec::new();
            faults(root, kind, value, at, &mut inner);
            inner.is_empty()
        };
        if kinds.iter().filter(fits).count() != 1 {
            found.push(format!("{at} is none of its kinds"));
        }
    }
    let is_of = |word: &str| match word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        other => panic!("{other} is not used"),
    };
    if schema["type"].as_str().is_some_and(|word| !is_of(word)) {
        found.push(format!("{at} has the wrong type"));
    }
    let is_listed = |list: &Vec<Value>| list.contains(value);
    if schema["enum"].as_array().is_some_and(|list| !is_listed(list)) {
        found.push(format!("{at} is none of the words"));
    }
    if schema.get("const").is_some_and(|word| word != value) {
        found.push(format!("{at} is another word"));
    }
    let least = schema["exclusiveMinimum"].as_i64();
    if least.zip(value.as_i64()).is_some_and(|(least, number)| number <= least) {
        found.push(format!("{at} is too small"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        faults(root, &schema["items"], item, &format!("{at}/{index}"), found);
    }
    let Some(properties) = schema["properties"].as_object() else { return };
    let object = value.as_object().cloned().unwrap_or_default();
    for (name, value) in &object {
        match properties.get(name) {
            Some(property) => faults(root, property, value, &format!("{at}/{name}"), found),
            None => found.push(format!("{at}/{name} is unknown")),
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            found.push(format!("{at}/{name} is missing"));
        }
    }
}

fn found(value: &Value) -> Vec<String> {
    let (schema, mut found) = (schema(), Vec::new());
    faults(&schema, &schema, value, "", &mut found);
    found
}

#[test]
fn every_scenario_is_right_by_the_schema() {
    let sound = parse_toml(include_str!("scenario_check/sound.toml")).expect("it is read");
    for scenario in built_in().cloned().chain([sound]) {
        assert_eq!(found(&json!(scenario)), [""; 0], "{}", scenario.code);
    }
}

#[test]
fn what_the_program_does_not_read_is_wrong_by_the_schema() {
    let scenario = json!(built_in().next());
    let cases = [
        ("/colour", json!("red")),
        ("/orderKind", json!("destroy")),
        ("/name", json!({ "en": "Only English" })),
        ("/stages/0/state", json!("asleep")),
        ("/stages/0/deadlineMinutes", json!(0)),
        ("/stages/0/onEntry", json!([{ "do": "sing" }])),
        ("/stages/0/compensation", json!([{ "do": "supersede" }])),
        ("/transitions/0/guards", json!([{ "require": "luck" }])),
        ("/transitions/0/right", json!("orders.everything")),
    ];
    for (pointer, value) in cases {
        let mut changed = scenario.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        changed.pointer_mut(parent).expect("it is there")[name] = value;
        assert!(!found(&changed).is_empty(), "{pointer}");
    }
}

#[test]
fn the_closed_sets_are_those_of_the_program() {
    let schema = schema();
    let words = |pointer: &str| {
        let list = schema.pointer(pointer).and_then(Value::as_array);
        let list = list.unwrap_or_else(|| panic!("{pointer} is there")).iter();
        list.map(|word| word.as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    let codes = |rights: &[Right]| rights.iter().map(|right| right.code()).collect::<Vec<_>>();
    assert_eq!(words("/$defs/right/enum"), codes(Right::ALL));
    assert_eq!(words("/$defs/divisionKind/enum"), DIVISION_KINDS);
    fn first<'a, T>(words: &[(&'a str, T)]) -> Vec<&'a str> {
        words.iter().map(|(word, _)| *word).collect()
    }
    assert_eq!(words("/properties/orderKind/enum"), first(OrderKind::WORDS));
    assert_eq!(words("/properties/partyType/enum"), first(PartyType::WORDS));
    assert_eq!(words("/$defs/stage/properties/state/enum"), first(OrderState::WORDS));
    let effects = first(EffectKind::WORDS);
    assert_eq!(words("/$defs/transition/properties/automaticAfter/enum"), effects);
}
