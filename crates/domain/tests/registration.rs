//! What comes in as a new order: every fault has its place and its word, and all are found at once.

#[path = "support/forms.rs"]
mod forms;
#[path = "support/tables.rs"]
mod tables;

use forms::{MORNING, form};
use oms_domain::registration::Registration;
use serde_json::{Value, json};
use tables::cases;

/// Puts a value at a JSON Pointer: JSON, `x*201` for as many of that letter, or nothing to remove what is there.
fn set(document: &mut Value, pointer: &str, value: &str) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let name = name.replace("~1", "/").replace("~0", "~");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing is at {parent}"));
    let value = match value.split_once("x*") {
        Some((_, count)) => Value::from("x".repeat(count.parse().expect("a count"))),
        None if value.is_empty() => Value::Null,
        None => serde_json::from_str(value).unwrap_or_else(|_| panic!("{value} is not JSON")),
    };
    match parent {
        Value::Array(entries) => entries[name.parse::<usize>().expect("an index")] = value,
        Value::Object(fields) if value.is_null() => drop(fields.remove(&name)),
        Value::Object(fields) => drop(fields.insert(name, value)),
        _ => panic!("{pointer} is in no object"),
    }
}

fn faults(document: &Value) -> Vec<String> {
    match Registration::read(document, MORNING) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|f| format!("{} {}", f.pointer, f.code)).collect(),
    }
}

/// form | where | value (none: removed, `x*201`: as many of it) | faults (none: sound)
const CHANGES: &str = r#"
    # kind and channel
    connect-individual | /kind                 |                  | /kind required
    connect-individual | /kind                 | null             | /kind required
    connect-individual | /kind                 | "dance"          | /kind unknown-value
    connect-individual | /kind                 | "Connect"        | /kind unknown-value
    connect-individual | /kind                 | 7                | /kind wrong-type
    connect-individual | /kind                 | ["connect"]      | /kind wrong-type
    connect-individual | /channel              |                  | /channel required
    connect-individual | /channel              | "carrier pigeon" | /channel unknown-value
    connect-individual | /priority             | "urgent"         |
    connect-individual | /priority             | "at once"        | /priority unknown-value
    connect-individual | /priority             | 1                | /priority wrong-type
    connect-individual | /colour               | "red"            | /colour unknown-field
    connect-individual | /par~1ty              | "red"            | /par~1ty unknown-field

    # external id, date, duplicates
    connect-individual | /externalId           | "crm-77"         |
    connect-individual | /externalId           | ""               | /externalId empty
    connect-individual | /externalId           | "   "            | /externalId empty
    connect-individual | /externalId           | x*64             |
    connect-individual | /externalId           | x*65             | /externalId too-long
    connect-individual | /externalId           | "a\u0000b"       | /externalId control-character
    connect-individual | /requestedDate        | "2026-12-01"     |
    connect-individual | /requestedDate        | "2026-11-23"     |
    connect-individual | /requestedDate        | "2026-11-22"     | /requestedDate in-the-past
    connect-individual | /requestedDate        | "2026-02-30"     | /requestedDate invalid-date
    connect-individual | /requestedDate        | "1.12.2026"      | /requestedDate invalid-date
    connect-individual | /requestedDate        | "2026-12-1"      | /requestedDate invalid-date
    connect-individual | /requestedDate        | 20261201         | /requestedDate wrong-type
    connect-individual | /promisedDate         | "2026-11-23"     |
    connect-individual | /promisedDate         | "2026-11-22"     | /promisedDate in-the-past
    connect-individual | /promisedDate         | "2026-02-30"     | /promisedDate invalid-date
    connect-individual | /promisedDate         | "tomorrow"       | /promisedDate invalid-date
    connect-individual | /promisedDate         | 20261201         | /promisedDate wrong-type
    support-individual | /promisedDate         | "2026-11-24"     |
    connect-individual | /allowDuplicate       | true             |
    connect-individual | /allowDuplicate       | "yes"            | /allowDuplicate wrong-type

    # the party
    connect-individual | /party                |                  | /party required
    connect-individual | /party                | "Karimov"        | /party wrong-type
    connect-individual | /party                | {}               | /party/type required, /party/phone required
    connect-individual | /party/type           | "robot"          | /party/type unknown-value
    connect-individual | /party/familyName     |                  | /party/familyName required
    connect-individual | /party/familyName     | "\n"             | /party/familyName empty
    connect-individual | /party/familyName     | x*200            |
    connect-individual | /party/familyName     | x*201            | /party/familyName too-long
    connect-individual | /party/familyName     | "Ka\u0007rimov"  | /party/familyName control-character
    connect-individual | /party/familyName     | "Каримов"        |
    connect-individual | /party/givenName      |                  |
    connect-individual | /party/phone          |                  | /party/phone required
    connect-individual | /party/phone          | "901234567"      | /party/phone invalid-phone
    connect-individual | /party/phone          | "+998 (90) 123-45-67" |
    connect-individual | /party/phone          | 998901234567     | /party/phone wrong-type
    connect-individual | /party/email          |                  |
    connect-individual | /party/email          | "nobody"         | /party/email invalid-email
    connect-individual | /party/email          | "a@b"            | /party/email invalid-email
    connect-individual | /party/email          | "A <a@b.org>"    | /party/email invalid-email
    connect-individual | /party/language       | "fr"             | /party/language unknown-value
    connect-individual | /party/taxId          | "301234567"      | /party/taxId unknown-field
    connect-individual | /party/name           | "Karimov & Co"   | /party/name unknown-field
    connect-legal      | /party/name           |                  | /party/name required
    connect-legal      | /party/taxId          |                  | /party/taxId required
    connect-legal      | /party/taxId          | x*65             | /party/taxId too-long
    connect-legal      | /party/familyName     | "Karimov"        | /party/familyName unknown-field
    connect-legal      | /party/representative | {}               | /party/representative/name required
    connect-legal      | /party/representative | "Olim"           | /party/representative wrong-type
    connect-legal      | /party/representative/age | 40           | /party/representative/age unknown-field
    connect-legal      | /party/bank           | { "account": "1" } | /party/bank/name required
    connect-legal      | /party/bank           | { "name": "NBU", "account": "1", "code": "2" } |

    # the address
    connect-individual | /address              |                  | /address required
    connect-individual | /address              | "Tashkent"       | /address wrong-type
    connect-individual | /address              | {}               | /address/country required, /address/city required, /address/street required, /address/house required
    connect-individual | /address/country      | "Uzbekistan"     | /address/country invalid-country
    connect-individual | /address/country      | "uz"             |
    connect-individual | /address/country      | "У1"             | /address/country invalid-country
    connect-individual | /address/house        |                  | /address/house required
    connect-individual | /address/house        | 12               | /address/house wrong-type
    connect-individual | /address/flat         |                  |
    connect-individual | /address/floor        | "3"              | /address/floor unknown-field
    support-individual |  /address              | {}               | /address/country required
    support-individual |  /address              |                  | /address required
    connect-individual | /linePhone            | "+998712345678"  |
    connect-individual | /linePhone            | "12345"          | /linePhone invalid-phone

    # the items
    connect-individual | /items                |                  | /items required
    connect-individual | /items                | []               | /items empty
    connect-individual | /items                | {}               | /items wrong-type
    connect-individual | /items                | ["internet"]     | /items/0 wrong-type
    connect-individual | /items/0              | {}               | /items/0/id required, /items/0/service required, /items/0/action required
    connect-individual | /items/0/id           | ""               | /items/0/id empty
    connect-individual | /items/0/service      | "television"     | /items/0/service unknown-value
    connect-individual | /items/0/service      | "telephony"      | /items/0/tariff unknown-tariff
    connect-individual | /items/0/action       | "explode"        | /items/0/action unknown-value
    connect-individual | /items/0/action       | "delete"         | /items/0/action action-does-not-fit
    connect-individual | /items/0/tariff       |                  | /items/0/tariff required
    connect-individual | /items/0/tariff       | "home-1"         | /items/0/tariff unknown-tariff
    connect-individual | /items/0/tariff       | 300              | /items/0/tariff wrong-type
    connect-individual | /items/0/price        | 1                | /items/0/price unknown-field
    connect-individual | /items/0/characteristics | { "technology": "FTTB", "speed": 300, "static": true } |
    connect-individual | /items/0/characteristics | []            | /items/0/characteristics wrong-type
    connect-individual | /items/0/characteristics | { "a": [1] }  | /items/0/characteristics/a wrong-type
    connect-individual | /items/0/characteristics | { "a": "" }   | /items/0/characteristics/a empty
    connect-individual | /items/0/characteristics | { "": "a" }   | /items/0/characteristics invalid-name
    disconnect-individual |  /items/0/action       | "add"            | /items/0/action action-does-not-fit
    disconnect-individual |  /items/0/tariff       |                  |
    change-individual |  /items/0/action       | "noChange"       |
    change-individual |  /items/0/action       | "add"            |

    # an item may name the service that it is about, once there is one
    change-individual     | /items/0/serviceId | "service-261124-4801-9375-1" |
    disconnect-individual | /items/0/serviceId | " service-261124-4801-9375-1 " |
    disconnect-individual | /items/0/serviceId | "service-261124-4801-9374-1" | /items/0/serviceId invalid-service
    disconnect-individual | /items/0/serviceId | "261124-4801-9375"           | /items/0/serviceId invalid-service
    disconnect-individual | /items/0/serviceId | ""                           | /items/0/serviceId empty
    disconnect-individual | /items/0/serviceId | x*89                         | /items/0/serviceId invalid-service
    disconnect-individual | /items/0/serviceId | x*90                         | /items/0/serviceId too-long
    disconnect-individual | /items/0/serviceId | 7                            | /items/0/serviceId wrong-type
    disconnect-individual | /items/0/serviceId | null                         |
    connect-individual    | /items/0/serviceId | "service-261124-4801-9375-1" | /items/0/serviceId service-of-an-addition
    disconnect-individual | /items | [{ "id": "1", "service": "internet", "action": "delete", "serviceId": "service-261124-4801-9375-1" }, { "id": "2", "service": "internet", "action": "delete", "serviceId": "service-261124-4801-9375-1" }] | /items/1/serviceId twice
    support-individual    | /items | [{ "id": "1", "service": "internet", "action": "noChange", "serviceId": "service-261124-4801-9375-1" }] |

    # support orders say what is wrong, others don't
    support-individual |  /symptom              |                  | /symptom required
    support-individual |  /symptom              | "a\nb"           | /symptom control-character
    support-individual |  /symptom              | x*4001           | /symptom too-long
    support-individual |  /description          | "a\nb"           |
    support-individual |  /items                | [{ "id": "1", "service": "internet", "action": "noChange" }] |
    support-individual |  /items                | [{ "id": "1", "service": "internet", "action": "modify" }] | /items/0/action action-does-not-fit
    connect-individual | /symptom              | "slow"           | /symptom unknown-field
    connect-individual | /description          | "slow"           | /description unknown-field

    # imported orders name where they come from
    import             | /imported/source      |                  | /imported/source required
    import             | /imported/key         |                  | /imported/key required
    import             | /imported/key         | 211255           | /imported/key wrong-type
    import             | /imported/registeredAt | "2015-04-22T21:59:40-04:00" |
    import             | /imported/registeredAt | "yesterday"     | /imported/registeredAt invalid-time
    import             | /imported/registeredAt | "2015-04-22"    | /imported/registeredAt invalid-time
    import             | /imported/owner       | "me"             | /imported/owner unknown-field
    import             | /imported             | true             | /imported wrong-type
    import             | /requestedDate        | "2015-01-01"     |
    import             | /promisedDate         | "2026-11-23"     |
    import             | /promisedDate         | "2015-01-01"     | /promisedDate before-the-registration
"#;

#[test]
fn every_fault_of_a_field_is_found_at_its_place() {
    for line in cases(CHANGES) {
        let columns: Vec<&str> = line.splitn(4, '|').map(str::trim).collect();
        let [name, pointer, value, expected] = columns[..] else { panic!("{line}") };
        let mut document = form(name);
        set(&mut document, pointer, value);
        assert_eq!(faults(&document).join(", "), expected, "{line}");
    }
}

#[test]
fn what_is_no_object_is_one_fault() {
    for document in [json!(null), json!([]), json!("connect"), json!(7)] {
        assert_eq!(faults(&document), [" not-an-object"], "{document}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let document = json!({
        "kind": "connect", "channel": "pigeon", "priority": 5, "requestedDate": "2020-01-01",
        "externalId": "", "allowDuplicate": "no", "colour": "red", "linePhone": "12",
        "party": { "type": "individual", "phone": "12", "email": "x", "taxId": "1", "language": "fr" },
        "address": { "country": "Uzbekistan", "floor": "3" },
        "items": [
            { "id": "1", "service": "internet", "action": "delete", "tariff": "none" },
            { "id": "1", "service": "internet", "action": "add", "tariff": "home-300" },
            { "service": "television", "price": 1 },
        ],
    });
    let mut found = faults(&document);
    found.sort();
    let expected = [
        "/address/city required",
        "/address/country invalid-country",
        "/address/floor unknown-field",
        "/address/house required",
        "/address/street required",
        "/allowDuplicate wrong-type",
        "/channel unknown-value",
        "/colour unknown-field",
        "/externalId empty",
        "/items/0/action action-does-not-fit",
        "/items/0/tariff unknown-tariff",
        "/items/1/id twice",
        "/items/2/action required",
        "/items/2/id required",
        "/items/2/price unknown-field",
        "/items/2/service unknown-value",
        "/linePhone invalid-phone",
        "/party/email invalid-email",
        "/party/familyName required",
        "/party/language unknown-value",
        "/party/phone invalid-phone",
        "/party/taxId unknown-field",
        "/priority wrong-type",
        "/requestedDate in-the-past",
    ];
    assert_eq!(found, expected);
}

#[test]
fn too_many_items_and_characteristics_are_refused() {
    let item = |id: usize| json!({ "id": id.to_string(), "service": "internet", "action": "add", "tariff": "home-300" });
    let mut document = form("connect-individual");
    document["items"] = (0..50).map(item).collect();
    assert_eq!(faults(&document), [""; 0]);
    document["items"] = (0..51).map(item).collect();
    assert_eq!(faults(&document), ["/items too-many"]);

    let characteristics =
        |count: usize| -> Value { (0..count).map(|n| (format!("c{n}"), json!(n))).collect() };
    let mut document = form("connect-individual");
    document["items"][0]["characteristics"] = characteristics(50);
    assert_eq!(faults(&document), [""; 0]);
    document["items"][0]["characteristics"] = characteristics(51);
    assert_eq!(faults(&document), ["/items/0/characteristics too-many"]);
}

#[test]
fn every_message_is_a_sentence_that_says_how_to_mend_it() {
    for line in cases(CHANGES) {
        let columns: Vec<&str> = line.splitn(4, '|').map(str::trim).collect();
        let mut document = form(columns[0]);
        set(&mut document, columns[1], columns[2]);
        for fault in Registration::read(&document, MORNING).err().unwrap_or_default() {
            assert!(fault.message.ends_with('.') && fault.message.contains(' '), "{fault:?}");
        }
    }
}

#[test]
fn texts_are_trimmed_and_codes_brought_into_their_form() {
    let mut document = form("connect-individual");
    set(&mut document, "/party/familyName", r#""  Karimov ""#);
    set(&mut document, "/party/phone", r#""00998 90 123-45-67""#);
    set(&mut document, "/address/country", r#""uz""#);
    let registration = Registration::read(&document, MORNING).expect("it is sound");
    let party = registration.party.expect("a party");
    assert_eq!(party.family_name.as_deref(), Some("Karimov"));
    assert_eq!(party.phone.as_deref(), Some("+998901234567"));
    assert_eq!(registration.address.country, "UZ");
}
