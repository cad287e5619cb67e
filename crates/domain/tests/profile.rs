//! Whose orders a subscriber sees, and what of them.

#[path = "support/forms.rs"]
mod forms;
#[path = "support/orders.rs"]
mod orders;
#[path = "support/tables.rs"]
mod tables;

use oms_domain::event::{Event, EventType};
use oms_domain::order::{Appointment, AppointmentState, Document, Order};
use oms_domain::party::Language;
use oms_domain::profile::{Subscriber, may_have, shown, told};
use orders::{MORNING, form, registered, scenario};
use serde_json::{Value, json};
use tables::cases;

fn order_of(name: &str, party: &Value) -> Order {
    let mut form = form(name);
    json_patch::merge(&mut form["party"], party);
    registered(&form, scenario(name)).order
}

#[test]
fn an_order_is_the_subscribers_when_phone_and_person_are_the_same() {
    // Whose code it is | the party of another order, as it differs from Anvar Karimov (or Tashkent Tekstil) | whose it is
    let table = r#"
        connect-individual | connect-individual    | {}                                    | own
        connect-individual | support-individual    | {}                                    | own
        connect-individual | disconnect-individual | {"familyName":"КАРИМОВ"}              | another's
        connect-individual | connect-individual    | {"familyName":" karimov "}            | own
        connect-individual | connect-individual    | {"phone":"+998 (90) 123-45-67"}       | own
        connect-individual | connect-individual    | {"email":"other@example.org"}         | own
        connect-individual | connect-individual    | {"language":"en"}                     | own
        connect-individual | connect-individual    | {"phone":"+998901234568"}             | another's
        connect-individual | connect-individual    | {"familyName":"Karimova"}             | another's
        connect-individual | connect-individual    | {"givenName":"Olim"}                  | another's
        connect-individual | connect-individual    | {"givenName":null}                    | another's
        connect-individual | connect-individual    | {"middleName":"Olimovich"}            | another's
        # what stands in one name is not what stands in two
        connect-individual | connect-individual    | {"familyName":"Karimov\",\"Anvar"}    | another's
        connect-individual | connect-legal         | {"phone":"+998901234567"}             | another's
        connect-individual | support-legal         | {"phone":"+998901234567","name":"Karimov Anvar"} | another's
        connect-legal      | support-legal         | {}                                    | own
        connect-legal      | change-legal          | {"name":"Tashkent Tekstil MCHJ"}      | own
        connect-legal      | change-legal          | {"taxId":"301234568"}                 | another's
        connect-legal      | change-legal          | {"phone":"+998712000001"}             | another's
        connect-legal      | support-individual    | {"phone":"+998712000000","familyName":"301234567"} | another's
    "#;
    for line in cases(table) {
        let [code, other, party, expected] =
            line.split(" | ").map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let subscriber = Subscriber::of(&order_of(code, &json!({}))).expect(line);
        let party: Value = serde_json::from_str(party).expect(line);
        let other = order_of(other, &party);
        let found = if subscriber.owns(&other) { "own" } else { "another's" };
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn an_order_without_a_party_is_nobodys() {
    let imported = registered(&form("import"), scenario("import")).order;
    assert_eq!(Subscriber::of(&imported), None);
    let subscriber = Subscriber::of(&order_of("support-individual", &json!({})));
    assert!(!subscriber.expect("somebody").owns(&imported));
}

#[test]
fn an_order_that_became_somebody_elses_shows_to_them_alone() {
    let before = order_of("connect-individual", &json!({}));
    let after = order_of("connect-individual", &json!({ "familyName": "Yusupova" }));
    let (old, new) = (Subscriber::of(&before), Subscriber::of(&after));
    assert!(!old.expect("somebody").owns(&after));
    assert!(new.expect("somebody").owns(&after));
}

fn document(kind: &str, superseded: bool) -> Document {
    Document {
        id: format!("{kind}-{superseded}"),
        kind: kind.to_owned(),
        name: format!("{kind}.pdf"),
        media_type: "application/pdf".to_owned(),
        sha256: "hash".to_owned(),
        size: 3,
        revision: 1,
        created_at: MORNING,
        created_by: "secret-login".to_owned(),
        superseded_at: superseded.then_some(MORNING),
    }
}

#[test]
fn a_subscriber_has_the_contract_that_counts_and_no_other_document() {
    for (kind, superseded, expected) in [
        ("contract", false, true),
        ("contract", true, false),
        ("work-order", false, false),
        ("passport", false, false),
        ("", false, false),
    ] {
        assert_eq!(may_have(&document(kind, superseded)), expected, "{kind} {superseded}");
    }
}

#[test]
fn nothing_that_is_the_staffs_shows_in_an_order() {
    let mut order =
        order_of("connect-individual", &json!({ "identityDocument": "secret-passport" }));
    order.external_id = Some("secret-crm".to_owned());
    order.description = Some("secret-description".to_owned());
    order.assignee = Some("secret-login".to_owned());
    order.fields.insert("causeText".to_owned(), json!("secret-cause"));
    order.documents = vec![document("contract", false), document("secret-scan", false)];
    order.appointment = Some(Appointment {
        id: "secret-visit".to_owned(),
        technician: "secret-technician".to_owned(),
        technician_name: "secret-name".to_owned(),
        from: MORNING,
        to: MORNING.plus_minutes(90),
        is_override: true,
        state: AppointmentState::Booked,
    });
    let scenario = scenario("connect-individual");
    for (language, stage) in [(Language::En, "Registered"), (Language::Ru, "Зарегистрирован")]
    {
        let answer = json!(shown(&order, &[], Some(scenario), language));
        let text = answer.to_string();
        assert!(!text.contains("secret"), "{text}");
        let name = answer["stage"]["name"].as_str().expect("a name");
        assert!(name.starts_with(stage), "{name}");
        assert_eq!(answer["appointment"]["from"], "2026-11-24T09:00:00.000Z");
        assert_eq!(answer["documents"][0]["kind"], "contract");
        assert_eq!(answer["documents"].as_array().map(Vec::len), Some(1));
    }
    // A scenario that is gone leaves the name that the order keeps.
    let answer = json!(shown(&order, &[], None, Language::Ru));
    assert_eq!(answer["stage"]["name"], order.stage.name);
}

#[test]
fn of_the_history_is_told_what_concerns_the_subscriber_in_words_of_its_own() {
    // type | data | English | Russian; a dash: it is not told
    let table = r#"
        registered            | {}                        | The order was received.          | Заявка принята.
        imported              | {}                        | The order was received.          | Заявка принята.
        amended               | {}                        | The order was changed.           | Заявка изменена.
        transitioned          | {"to":"secret-stage"}     | The order went on.               | Заявка перешла на следующий этап.
        held                  | {}                        | Work on the order waits.         | Работа по заявке приостановлена.
        resumed               | {}                        | Work on the order goes on.       | Работа по заявке продолжается.
        cancellationRequested | {}                        | The order is being cancelled.    | Заявка отменяется.
        cancelled             | {}                        | The order was cancelled.         | Заявка отменена.
        visitBooked           | {"technician":"secret"}   | A visit was booked.              | Назначен выезд специалиста.
        visitMoved            | {"technician":"secret"}   | The visit was moved.             | Выезд специалиста перенесён.
        visitReleased         | {"technician":"secret"}   | The visit was called off.        | Выезд специалиста отменён.
        visitReleased         | {"workDone":true}         | The visit is no longer needed.   | Выезд специалиста больше не нужен.
        visitDone             | {"technician":"secret"}   | The visit took place.            | Выезд специалиста состоялся.
        documentDrawn         | {"kind":"contract"}       | The contract is ready.           | Договор готов.
        documentDrawn         | {"kind":"work-order"}     | -                                | -
        documentUploaded      | {"kind":"contract"}       | -                                | -
        provisioned           | {}                        | The services were set up.        | Услуги подключены.
        retired               | {}                        | The services were switched off.  | Услуги отключены.
        commented             | {}                        | -                                | -
        assigned              | {}                        | -                                | -
        routed                | {}                        | -                                | -
        taskCompleted         | {}                        | -                                | -
        deadlineMissed        | {}                        | -                                | -
        effectFailed          | {}                        | -                                | -
        scenarioMigrated      | {}                        | -                                | -
    "#;
    let scenario = scenario("connect-individual");
    for line in cases(table) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let event = Event {
            sequence: 1,
            at: MORNING,
            event_type: serde_json::from_value::<EventType>(json!(columns[0])).expect(line),
            actor: "secret-actor".to_owned(),
            summary: "secret-summary".to_owned(),
            comment: Some("secret-comment".to_owned()),
            data: serde_json::from_str(columns[1]).expect(line),
            change: None,
        };
        for (language, expected) in [(Language::En, columns[2]), (Language::Ru, columns[3])] {
            let answer = told(&event, Some(scenario), language).map(|told| json!(told));
            let text = answer.as_ref().map_or("-", |told| told["text"].as_str().expect("a text"));
            assert_eq!(text, expected, "{line}");
            assert!(!answer.unwrap_or_default().to_string().contains("secret"), "{line}");
        }
    }
}

#[test]
fn a_stage_and_the_time_of_a_visit_are_told() {
    let event = |event_type: EventType, data: Value| Event {
        sequence: 1,
        at: MORNING,
        event_type,
        actor: "olim".to_owned(),
        summary: String::new(),
        comment: None,
        data,
        change: None,
    };
    let scenario = scenario("connect-individual");
    let passed = event(EventType::Transitioned, json!({ "to": "feasibility" }));
    let tell = |event: &Event, language| json!(told(event, Some(scenario), language));
    let stage = scenario.stage("feasibility").expect("a stage");
    let text = format!("The order went on: {}.", stage.name.en);
    assert_eq!(tell(&passed, Language::En)["text"], text);
    let text = format!("Заявка перешла на этап: {}.", stage.name.ru);
    assert_eq!(tell(&passed, Language::Ru)["text"], text);
    let (from, to) = ("2026-12-01T04:00:00.000Z", "2026-12-01T05:30:00.000Z");
    let data = json!({ "technician": "anvar", "from": from, "to": to });
    let booked = tell(&event(EventType::VisitBooked, data.clone()), Language::En);
    assert_eq!(booked["visit"], json!({ "from": from, "to": to }));
    let released = tell(&event(EventType::VisitReleased, data), Language::En);
    assert_eq!(released.get("visit"), None);
}
