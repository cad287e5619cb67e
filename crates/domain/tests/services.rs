//! Services that there are already: who may name which, and what an order does to them in the billing system.

#[path = "support/forms.rs"]
mod forms;
#[path = "support/orders.rs"]
mod orders;
#[path = "support/tables.rs"]
mod tables;

use oms_domain::order::{Channel, Order, OrderItem, ServiceReference};
use oms_domain::party::Party;
use oms_domain::provisioning::{
    BillingObject, BillingObjectKind, BillingStatus, FoundObject, PlannedObject, own, plan,
    retirement, services, unnamed,
};
use oms_domain::service::{
    Namer, ServiceKey, ServiceRecord, check_named, check_named_anew, orders_named,
    orders_named_anew, running,
};
use orders::{form, registered, scenario};
use serde_json::{Value, json};
use tables::cases;

/// Of the order under test, and of the one that made a service.
const NUMBER: &str = "261124-4801-9383";
const MAKER: &str = "261124-4801-9375";

/// An order with these items: `id action service tariff named`, a dash for none, one after the other behind semicolons.
fn order(kind: &str, items: &str) -> Order {
    let mut order = registered(&form(kind), scenario(kind)).order;
    order.number = NUMBER.to_owned();
    order.items = items.split(';').map(item).collect();
    order
}

fn item(words: &str) -> OrderItem {
    let [id, action, service, tariff, named] = words.split_whitespace().collect::<Vec<_>>()[..]
    else {
        panic!("{words}")
    };
    let given = |word: &str| Some(word.to_owned()).filter(|word| word != "-");
    let item = json!({
        "id": id, "action": action, "service": service, "tariff": given(tariff), "serviceId": given(named),
    });
    serde_json::from_value(item).unwrap_or_else(|error| panic!("{words}: {error}"))
}

fn word(kind: BillingObjectKind) -> String {
    json!(kind).as_str().expect("a word").to_owned()
}

fn columns<const N: usize>(line: &str) -> [&str; N] {
    let columns: Vec<&str> = line.splitn(N, '|').map(str::trim).collect();
    columns.try_into().unwrap_or_else(|_| panic!("{line}"))
}

#[test]
fn a_key_names_the_order_that_made_the_service_and_its_item() {
    // key | number and item; a dash: it is none
    let table = "
        service-261124-4801-9375-1         | 261124-4801-9375 1
        service-261124-4801-9375-a-b       | 261124-4801-9375 a-b
        service-261124-4801-9375-Интернет  | 261124-4801-9375 Интернет
        service-261124-4801-9375-          | -
        service-261124-4801-9375           | -
        service-261124-4801-9374-1         | -
        service-26112448019375-1           | -
        service-261124-4801-9375x1         | -
        access-261124-4801-9375-1          | -
        service-интернет-4801-9375-1       | -
        261124-4801-9375                   | -
    ";
    for line in cases(table) {
        let [text, expected] = columns(line);
        let key = ServiceKey::parse(text);
        let found =
            key.as_ref().map_or("-".to_owned(), |key| format!("{} {}", key.number, key.item));
        assert_eq!(found, expected, "{line}");
        assert!(key.is_none_or(|key| key.service() == text), "{line}");
    }
}

#[test]
fn what_is_planned_for_an_order_is_its_own_and_what_it_changes() {
    // kind | items | objects: kind key (parents) attributes
    let table = "
        change-individual     | 1 modify internet home-100 service-261124-4801-9375-1 | billingPlan home-100 () service=internet; \
            service service-261124-4801-9375-1 (account-261124-4801-9375 access-261124-4801-9375-1 home-100) service=internet
        change-individual     | 1 modify telephony phone-basic service-261124-4801-9375-2 | billingPlan phone-basic () service=telephony; \
            service service-261124-4801-9375-2 (account-261124-4801-9375 access-261124-4801-9375-2 phone-basic) service=telephony phone=+998712345678
        change-individual     | 1 modify internet - service-261124-4801-9375-1 |
        change-individual     | 1 modify internet home-100 - |
        change-individual     | 1 noChange internet - service-261124-4801-9375-1 |
        change-individual     | 1 delete internet - service-261124-4801-9375-1 |
        disconnect-individual | 1 delete internet - service-261124-4801-9375-1 |
        disconnect-individual | 1 delete internet - - |
    ";
    for line in cases(table) {
        let [kind, items, expected] = columns(line);
        let mut order = order(kind, items);
        order.line_phone = Some("+998712345678".to_owned());
        let told = |object: PlannedObject| {
            let attributes =
                object.attributes.iter().map(|(name, value)| format!("{name}={value}"));
            let attributes = attributes.collect::<Vec<_>>().join(" ");
            let parents = object.parents.join(" ");
            format!("{} {} ({parents}) {attributes}", word(object.kind), object.key)
        };
        let planned: Vec<String> = plan(&order).into_iter().map(told).collect();
        assert_eq!(planned.join("; "), expected, "{line}");
    }
    // What is added beside a change is the order's own, with all that it needs.
    let both =
        "1 add telephony phone-basic -; 2 modify internet home-100 service-261124-4801-9375-1";
    let order = order("change-individual", both);
    let kinds: Vec<String> = plan(&order).into_iter().map(|object| word(object.kind)).collect();
    let expected = "domain customer contract personalAccount billingPlan accessPoint service billingPlan service";
    assert_eq!(kinds.join(" "), expected);
    let keys: Vec<String> = services(&order).into_iter().map(|service| service.key).collect();
    assert_eq!(keys, [format!("service-{NUMBER}-1"), format!("service-{MAKER}-1")]);
}

#[test]
fn what_is_retired_is_what_the_order_ends_and_its_own_but_never_anothers_when_it_is_taken_back() {
    // kind | items | known objects, `!`: retired | cancelled | what is retired
    let table = "
        disconnect-individual | 1 delete internet - service-261124-4801-9375-1 | | no | \
            service-261124-4801-9375-1 access-261124-4801-9375-1
        disconnect-individual | 1 delete internet - service-261124-4801-9375-1; 2 delete telephony - service-261124-4801-9375-2 | | no | \
            service-261124-4801-9375-1 service-261124-4801-9375-2 access-261124-4801-9375-1 access-261124-4801-9375-2
        # what is retired already is not retired again
        disconnect-individual | 1 delete internet - service-261124-4801-9375-1 | service service-261124-4801-9375-1 ! | no | \
            access-261124-4801-9375-1
        disconnect-individual | 1 delete internet - service-261124-4801-9375-1 | | yes |
        disconnect-individual | 1 delete internet - - | | no |
        # of a change only what it added itself, also when nobody knows whether it was made
        change-individual     | 1 modify internet home-100 service-261124-4801-9375-1 | service service-261124-4801-9375-1 | yes |
        change-individual     | 1 delete internet - service-261124-4801-9375-1 | | yes |
        change-individual     | 1 add telephony phone-basic -; 2 delete internet - service-261124-4801-9375-1 | | no | \
            service-261124-4801-9375-1 access-261124-4801-9375-1 service-261124-4801-9383-1 access-261124-4801-9383-1 \
            account-261124-4801-9383 contract-261124-4801-9383 customer-261124-4801-9383
        change-individual     | 1 add telephony phone-basic -; 2 delete internet - service-261124-4801-9375-1 \
            | customer customer-261124-4801-9383; contract contract-261124-4801-9383 ! | yes | \
            service-261124-4801-9383-1 access-261124-4801-9383-1 account-261124-4801-9383 customer-261124-4801-9383
        connect-individual    | 1 add internet home-300 - | domain north-tech; billingPlan home-300 | yes | \
            service-261124-4801-9383-1 access-261124-4801-9383-1 account-261124-4801-9383 contract-261124-4801-9383 \
            customer-261124-4801-9383
    ";
    for line in cases(table) {
        let [kind, items, known, cancelled, expected] = columns(line);
        let mut order = order(kind, items);
        order.billing_objects = objects(known);
        if cancelled == "yes" {
            order.state = oms_domain::order::OrderState::Cancelled;
        }
        let keys: Vec<String> = retirement(&order).into_iter().map(|name| name.key).collect();
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(keys, expected, "{line}");
        let foreign = own(&order).into_iter().any(|object| object.key.contains(MAKER));
        assert!(!foreign, "{line}");
    }
}

/// `kind key`, `!` behind those that are retired, one after the other behind semicolons.
fn objects(text: &str) -> Vec<BillingObject> {
    let object = |words: &str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        let status = match words.get(2) {
            Some(_) => BillingStatus::Retired,
            None => BillingStatus::Active,
        };
        let kind = serde_json::from_value(json!(words[0])).expect("a kind");
        BillingObject { kind, key: words[1].to_owned(), id: "BM-1".to_owned(), status }
    };
    text.split(';').filter(|words| !words.trim().is_empty()).map(object).collect()
}

#[test]
fn what_billing_keeps_of_a_service_stays_but_for_what_the_order_plans() {
    let items = "1 modify internet home-100 service-261124-4801-9375-1";
    let planned = plan(&order("change-individual", items)).pop().expect("a service");
    // what billing has: attributes, or a word | what is made sure of, or the beginning of why not
    let table = "
        order=261124-4801-9375 service=internet           | order=261124-4801-9375 service=internet
        service=radio phone=+998711112233 note=x          | note=x phone=+998711112233 service=internet
        -                                                 | service=internet
        blocked                                           | service=internet
        retired                                           | Service \"service-261124-4801-9375-1\" is retired
        nothing                                           | The billing system has no service \"service-261124-4801-9375-1\".
    ";
    for line in cases(table) {
        let [has, expected] = columns(line);
        let status = match has {
            "retired" => BillingStatus::Retired,
            "blocked" => BillingStatus::Blocked,
            _ => BillingStatus::Active,
        };
        let pairs = has.split_whitespace().filter_map(|pair| pair.split_once('='));
        let found = FoundObject {
            object: BillingObject {
                kind: BillingObjectKind::Service,
                key: planned.key.clone(),
                id: "BM-1".to_owned(),
                status,
            },
            attributes: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        };
        let found = Some(found).filter(|_| has != "nothing");
        match oms_domain::provisioning::overlaid(planned.clone(), found) {
            Ok(object) => {
                let pairs = object.attributes.iter().map(|(name, value)| format!("{name}={value}"));
                assert_eq!(pairs.collect::<Vec<_>>().join(" "), expected, "{line}");
                assert_eq!((&object.key, &object.parents), (&planned.key, &planned.parents));
            }
            Err(sentence) => {
                assert!(sentence.starts_with(expected), "{line}: {sentence}");
                assert!(
                    sentence.contains("serviceId") && sentence.contains("declare"),
                    "{sentence}"
                );
            }
        }
    }
}

#[test]
fn what_can_not_be_done_in_billing_is_said_of_each_item() {
    // kind | items | what the sentence names, or that there is none
    let table = "
        disconnect-individual | 1 delete internet - service-261124-4801-9375-1 | -
        disconnect-individual | 1 delete internet - - | by item 1:
        disconnect-individual | 1 delete internet - -; b delete telephony - - | by item 1, b:
        change-individual     | 1 modify internet home-100 - | by item 1:
        change-individual     | 1 modify internet - service-261124-4801-9375-1 | Item 1 names no tariff
        change-individual     | 1 noChange internet - - | -
        change-individual     | 1 add internet home-300 - | -
        connect-individual    | 1 add internet home-300 - | -
    ";
    for line in cases(table) {
        let [kind, items, expected] = columns(line);
        match unnamed(&order(kind, items)) {
            None => assert_eq!(expected, "-", "{line}"),
            Some(sentence) => {
                assert!(expected != "-" && sentence.contains(expected), "{line}: {sentence}");
                assert!(sentence.contains("declare this done"), "{sentence}");
            }
        }
    }
}

/// The party of the forms, with some of it otherwise.
fn party(change: &Value) -> Party {
    let mut party = form("connect-individual")["party"].clone();
    json_patch::merge(&mut party, change);
    serde_json::from_value(party).expect("a party")
}

fn reference(key: &str, service: &str, tariff: &str) -> ServiceReference {
    let reference = json!({ "key": key, "service": service, "tariff": tariff, "item": "1" });
    serde_json::from_value(reference).expect("a service")
}

/// What the orders tell: one that made an internet and a telephony service, and one that ended the latter.
fn records() -> Vec<ServiceRecord> {
    let key = |item: &str| format!("service-{MAKER}-{item}");
    let maker = ServiceRecord {
        number: MAKER.to_owned(),
        party: Some(party(&json!({}))),
        services: Some(vec![
            reference(&key("1"), "internet", "home-300"),
            reference(&key("2"), "telephony", "phone-basic"),
        ]),
        billing_objects: Some(objects(&format!("service {}; service {}", key("1"), key("2")))),
    };
    let later = ServiceRecord {
        number: "261124-4801-9391".to_owned(),
        // Whoever ended it, it is ended.
        party: None,
        services: None,
        billing_objects: Some(objects(&format!("service {} !", key("2")))),
    };
    vec![maker, later]
}

#[test]
fn an_order_is_about_services_that_run_and_a_subscriber_names_only_their_own() {
    // channel | what is otherwise with the party | item | fault
    let table = r#"
        operator | {}                        | 1 modify internet home-100 service-261124-4801-9375-1 |
        operator | {"phone":"+998900000000"} | 1 modify internet home-100 service-261124-4801-9375-1 |
        api      | {"phone":"+998900000000"} | 1 delete internet - service-261124-4801-9375-1 |
        operator | {}                        | 1 delete telephony - service-261124-4801-9375-1 | another-service
        operator | {}                        | 1 delete telephony - service-261124-4801-9375-2 | retired-service
        operator | {}                        | 1 delete internet - service-261124-4801-9375-3  | unknown-service
        operator | {}                        | 1 delete internet - service-261124-4801-9383-1  | unknown-service
        operator | {}                        | 1 delete internet - -                           |
        profile  | {}                        | 1 modify internet home-100 service-261124-4801-9375-1 |
        profile  | {"email":null}            | 1 modify internet home-100 service-261124-4801-9375-1 |
        profile  | {}                        | 1 delete telephony - service-261124-4801-9375-2 | retired-service
        # of somebody else's not even this is told
        profile  | {"phone":"+998900000000"} | 1 delete internet - service-261124-4801-9375-1  | unknown-service
        profile  | {"givenName":"Olim"}      | 1 delete internet - service-261124-4801-9375-1  | unknown-service
        profile  | {"phone":"+998900000000"} | 1 delete telephony - service-261124-4801-9375-2 | unknown-service
        profile  | {"phone":"+998900000000"} | 1 delete telephony - service-261124-4801-9375-1 | unknown-service
        public   | {}                        | 1 delete internet - service-261124-4801-9375-1  |
        public   | {"phone":"+998900000000"} | 1 delete internet - service-261124-4801-9375-1  | unknown-service
        public   | {"phone":null}            | 1 delete internet - service-261124-4801-9375-1  | unknown-service
    "#;
    for line in cases(table) {
        let [channel, change, named, expected] = columns(line);
        let channel = Channel::WORDS.iter().find(|(word, _)| *word == channel).expect(line).1;
        let party = party(&serde_json::from_str(change).expect(line));
        let items = [item("0 noChange internet - -"), item(named)];
        let namer = Namer::of(channel, Some(&party));
        let faults = check_named(&items, &records(), &namer);
        let found: Vec<&str> = faults.iter().map(|fault| fault.code.as_str()).collect();
        assert_eq!(found.join(" "), expected, "{line}");
        assert!(faults.iter().all(|fault| fault.pointer == "/items/1/serviceId"), "{line}");
    }
}

#[test]
fn anothers_service_and_one_that_does_not_exist_are_told_in_the_same_words() {
    let stranger = Namer::of(Channel::Profile, Some(&party(&json!({ "givenName": "Olim" }))));
    let items = [item("1 delete internet - service-261124-4801-9375-1")];
    let anothers = check_named(&items, &records(), &stranger);
    let nobodys = check_named(&items, &[], &stranger);
    assert_eq!(anothers, nobodys);
}

#[test]
fn an_amendment_is_asked_only_for_the_services_that_the_order_did_not_name_before() {
    // what the order names | what it names then | whose orders are asked | fault
    let table = "
        1 delete internet - service-261124-4801-9375-3 | 1 delete internet - service-261124-4801-9375-3    | |
        1 delete internet - service-261124-4801-9375-3 | 2 delete internet - service-261124-4801-9375-3    | |
        1 delete internet - service-261124-4801-9375-3 | 1 delete telephony - service-261124-4801-9375-3   | 261124-4801-9375 | unknown-service
        1 delete internet - -                          | 1 delete internet - service-261124-4801-9375-1    | 261124-4801-9375 |
        1 delete internet - -                          | 1 delete internet - service-261124-4801-9375-3    | 261124-4801-9375 | unknown-service
        1 delete internet - -                          | 1 delete telephony - service-261124-4801-9375-2   | 261124-4801-9375 | retired-service
        # none of its own, though it is said to have made one
        1 add internet home-300 -                      | 1 delete internet - service-261124-4801-9383-1    | 261124-4801-9383 | unknown-service
        1 delete internet - service-261124-4801-9375-1 | 1 delete internet - -                             | |
    ";
    for line in cases(table) {
        let [before, amended, asked, expected] = columns(line);
        let before = order("disconnect-individual", before);
        let amended = [item(amended)];
        assert_eq!(orders_named_anew(&before, &amended).join(" "), asked, "{line}");
        let mut records = records();
        records.push(ServiceRecord {
            number: NUMBER.to_owned(),
            party: None,
            services: Some(vec![reference(&format!("service-{NUMBER}-1"), "internet", "home-300")]),
            billing_objects: None,
        });
        let faults = check_named_anew(&before, &amended, &records);
        let found: Vec<&str> = faults.iter().map(|fault| fault.code.as_str()).collect();
        assert_eq!(found.join(" "), expected, "{line}");
    }
}

#[test]
fn the_orders_that_made_the_named_services_are_asked_for_once_each() {
    let items = [
        item("1 delete internet - service-261124-4801-9383-1"),
        item("2 delete telephony - service-261124-4801-9375-2"),
        item("3 delete internet - service-261124-4801-9375-1"),
        item("4 delete internet - -"),
    ];
    assert_eq!(orders_named(&items), [MAKER, NUMBER]);
}

#[test]
fn a_service_runs_until_some_order_has_retired_it_with_the_tariff_that_it_got_last() {
    let mut maker =
        order("connect-individual", "1 add internet home-100 -; 2 add telephony phone-basic -");
    maker.number = MAKER.to_owned();
    maker.services = services(&maker);
    let told = |others: &[Order]| {
        let running = running(&maker, others).into_iter();
        let told = running.map(|it| format!("{} {}", it.item, it.tariff.unwrap_or_default()));
        told.collect::<Vec<_>>().join("; ")
    };
    let changed = |tariff: &str, minutes: i64| {
        let items = format!("1 modify internet {tariff} service-{MAKER}-1");
        let mut change = order("change-individual", &items);
        change.services = services(&change);
        change.registered_at = change.registered_at.plus_minutes(minutes);
        change
    };
    let ended = |item: u32| {
        let mut end = order("disconnect-individual", "1 delete internet - -");
        end.billing_objects = objects(&format!("service service-{MAKER}-{item} !"));
        end
    };
    assert_eq!(told(&[]), "1 home-100; 2 phone-basic");
    assert_eq!(told(&[maker.clone()]), "1 home-100; 2 phone-basic");
    assert_eq!(
        told(&[changed("home-300", 2), changed("home-200", 1)]),
        "1 home-300; 2 phone-basic"
    );
    assert_eq!(told(&[ended(2), changed("home-300", 2)]), "1 home-300");
    assert_eq!(told(&[ended(2), ended(1)]), "");
    // The change itself shows none of its own: the service is the other order's.
    assert_eq!(running(&changed("home-300", 1), &[]), []);
}
