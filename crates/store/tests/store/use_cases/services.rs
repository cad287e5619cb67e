//! The services that an order names: what a registration looks up of them, in the statement that looks up all the rest.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::operator;
use crate::support::orders::{MORNING, change, connect, saved};
use oms_app::ports::{Orders, RegistrationQuery};
use oms_app::register::{Request, register};
use oms_app::{AppError, amend, change::Expected, profile, register::Outcome};
use oms_domain::decide::Command;
use oms_domain::order::Order;
use oms_domain::party::Language;
use oms_domain::profile::Subscriber;
use oms_domain::provisioning::{BillingObject, BillingObjectKind, BillingStatus, plan};
use oms_domain::routing::Query;
use oms_domain::service::ServiceRecord;
use serde_json::{Value, json};

on_both_databases! {
    what_the_makers_tell_is_looked_up_with_what_became_of_it
    services_are_looked_up_when_they_are_named_and_not_before
    an_order_names_services_that_run_and_a_subscriber_their_own
    an_amendment_names_what_a_registration_could
    the_profile_shows_services_that_run_with_their_tariffs
}

async fn provisioned(store: &TestStore, order: &Order) -> Order {
    let objects = plan(order).into_iter().enumerate().map(|(index, planned)| BillingObject {
        kind: planned.kind,
        key: planned.key,
        id: format!("BM-{index}"),
        status: BillingStatus::Active,
    });
    let command = Command::Provisioned { objects: objects.collect() };
    change(store, order, command, MORNING).await.expect("it is saved")
}

/// A connect order with its service in the billing system, and the key of that.
async fn connected(store: &TestStore, form: &Value) -> (Order, String) {
    let order = saved(store, form, MORNING).await;
    let order = provisioned(store, &order).await;
    let key = order.services[0].key.clone();
    (order, key)
}

fn of_kind(kind: &str, item: Value) -> Value {
    let mut form = connect();
    form["kind"] = kind.into();
    form["items"] = json!([item]);
    form["allowDuplicate"] = true.into();
    form
}

fn disconnect(key: &str) -> Value {
    of_kind(
        "disconnect",
        json!({ "id": "1", "service": "internet", "action": "delete", "serviceId": key }),
    )
}

async fn retired(store: &TestStore, order: &Order, key: &str) {
    let object = BillingObject {
        kind: BillingObjectKind::Service,
        key: key.to_owned(),
        id: "BM-7".to_owned(),
        status: BillingStatus::Retired,
    };
    let command = Command::Retired { objects: vec![object], is_partial: false };
    change(store, order, command, MORNING).await.expect("it is saved");
}

async fn looked_up(store: &TestStore, makers: &[&str]) -> Vec<ServiceRecord> {
    let makers = makers.iter().map(|number| (*number).to_owned()).collect();
    let query = RegistrationQuery {
        idempotency_key: None,
        duplicate_key: None,
        import_key: None,
        place: Query::default(),
        scenario_for: None,
        makers,
    };
    store.registration_context(&query).await.expect("looked up").services
}

/// What billing has retired, by the orders that tell of it.
fn ended(records: &[ServiceRecord]) -> Vec<(String, String)> {
    let objects = records.iter().flat_map(|record| {
        record.billing_objects.iter().flatten().map(move |object| (&record.number, object))
    });
    let retired = objects.filter(|(_, object)| object.status == BillingStatus::Retired);
    retired.map(|(number, object)| (number.clone(), object.key.clone())).collect()
}

async fn what_the_makers_tell_is_looked_up_with_what_became_of_it(store: TestStore) {
    operator::establish(&store).await;
    let (first, key) = connected(&store, &connect()).await;
    let mut elsewhere = connect();
    elsewhere["party"]["phone"] = "+998907654321".into();
    let (second, _) = connected(&store, &elsewhere).await;
    // Another order of the first party, of no concern.
    saved(&store, &connect(), MORNING).await;

    let records = looked_up(&store, &[&first.number, "261124-4801-9375"]).await;
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0].number, first.number);
    assert_eq!(records[0].party, first.party);
    assert_eq!(records[0].services.as_ref(), Some(&first.services));
    assert_eq!(records[0].billing_objects.as_ref(), Some(&first.billing_objects));
    assert_eq!(looked_up(&store, &[&first.number, &second.number]).await.len(), 2);

    // What ends it is an order of its own; the newest come first.
    let end = saved(&store, &disconnect(&key), MORNING.plus_minutes(1)).await;
    assert_eq!(ended(&looked_up(&store, &[&first.number]).await), []);
    retired(&store, &end, &key).await;
    let records = looked_up(&store, &[&first.number]).await;
    assert_eq!(records.len(), 2, "{records:?}");
    assert_eq!(ended(&records), [(end.number, key)]);
    assert_eq!(looked_up(&store, &[&second.number]).await.len(), 1);
}

async fn services_are_looked_up_when_they_are_named_and_not_before(store: TestStore) {
    operator::establish(&store).await;
    connected(&store, &connect()).await;
    assert_eq!(looked_up(&store, &[]).await, []);
    assert_eq!(looked_up(&store, &["261124-4801-9375"]).await, []);
}

async fn send(store: &TestStore, form: &Value) -> Result<Order, Vec<String>> {
    let body = form.to_string();
    let request = Request {
        actor: &operator::admin(),
        document: form,
        body: body.as_bytes(),
        idempotency_key: None,
        now: MORNING,
    };
    match register(&**store, request).await {
        Ok(Outcome::Registered { order, .. }) => Ok(*order),
        Err(AppError::Invalid(faults)) => {
            Err(faults.iter().map(|it| format!("{} {}", it.pointer, it.code)).collect())
        }
        other => panic!("{other:?}"),
    }
}

async fn an_order_names_services_that_run_and_a_subscriber_their_own(store: TestStore) {
    operator::establish(&store).await;
    let (maker, key) = connected(&store, &connect()).await;
    let fault = |code: &str| Err(vec![format!("/items/0/serviceId {code}")]);
    let told = |outcome: Result<Order, Vec<String>>| outcome.map(|order| order.kind);
    let disconnection = Ok(oms_domain::order::OrderKind::Disconnect);

    // Whoever comes by the profile is the party; by the staff anybody's is named.
    let mut stranger = disconnect(&key);
    stranger["party"]["givenName"] = "Olim".into();
    assert_eq!(told(send(&store, &stranger).await), disconnection);
    stranger["channel"] = "profile".into();
    assert_eq!(told(send(&store, &stranger).await), fault("unknown-service"));
    let mut own = disconnect(&key);
    own["channel"] = "profile".into();
    let end = send(&store, &own).await.expect("it is theirs");
    assert_eq!(end.items[0].service_id.as_ref(), Some(&key));

    let mut telephony = disconnect(&key);
    telephony["items"][0]["service"] = "telephony".into();
    assert_eq!(told(send(&store, &telephony).await), fault("another-service"));
    let other = format!("service-{}-9", maker.number);
    assert_eq!(told(send(&store, &disconnect(&other)).await), fault("unknown-service"));

    retired(&store, &end, &key).await;
    assert_eq!(told(send(&store, &own).await), fault("retired-service"));
    assert_eq!(told(send(&store, &stranger).await), fault("unknown-service"));
}

async fn an_amendment_names_what_a_registration_could(store: TestStore) {
    operator::establish(&store).await;
    let (_, key) = connected(&store, &connect()).await;
    let mut nameless = disconnect(&key);
    nameless["items"][0].as_object_mut().expect("an item").remove("serviceId");
    let order = saved(&store, &nameless, MORNING).await;
    let actor = operator::admin();
    let amended = async |service: &str, id: &str| {
        let item = json!({ "id": "1", "service": service, "action": "delete", "serviceId": id });
        let request = amend::Request {
            actor: &actor,
            name: &order.number,
            expected: Expected::Any,
            document: &json!({ "items": [item] }),
            dry_run: false,
            now: MORNING,
        };
        match amend::amend(&*store, request).await {
            Ok(decision) => decision.events.len().to_string(),
            Err(AppError::Invalid(faults)) => faults[0].code.clone(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(amended("internet", "service-261124-4801-9375-1").await, "unknown-service");
    assert_eq!(
        amended("internet", &format!("service-{}-1", order.number)).await,
        "unknown-service"
    );
    assert_eq!(amended("telephony", &key).await, "another-service");
    assert_eq!(amended("internet", &key).await, "1");
    assert_eq!(amended("internet", &key).await, "0", "it is like that already");
    // What the order is about already is not asked again.
    retired(&store, &crate::support::orders::stored(&store, &order.id).await, &key).await;
    assert_eq!(amended("internet", &key).await, "0");
}

async fn services_of(store: &TestStore, subscriber: &Subscriber, maker: &Order) -> Value {
    let list = profile::list(&**store, subscriber, None, 50, Language::En).await;
    let (orders, _) = list.expect("listed");
    let listed = orders.into_iter().find(|order| order["number"] == *maker.number);
    let one = profile::one(&**store, subscriber, &maker.number, Language::En).await;
    let one = one.expect("it is theirs");
    assert_eq!(listed.expect("it is theirs")["services"], one["services"]);
    one["services"].clone()
}

async fn the_profile_shows_services_that_run_with_their_tariffs(store: TestStore) {
    operator::establish(&store).await;
    let (maker, key) = connected(&store, &connect()).await;
    let subscriber = Subscriber::of(&maker).expect("somebody");
    let tariffs = async || {
        let services = services_of(&store, &subscriber, &maker).await;
        let services = services.as_array().expect("a list").clone();
        services
            .iter()
            .map(|it| it["tariff"].as_str().unwrap_or("-").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(tariffs().await, ["home-300"]);

    let item = json!({ "id": "1", "service": "internet", "action": "modify", "tariff": "home-100", "serviceId": key });
    let form = of_kind("change", item);
    let changed = saved(&store, &form, MORNING.plus_minutes(1)).await;
    assert_eq!(tariffs().await, ["home-300"], "nothing has happened yet");
    provisioned(&store, &changed).await;
    assert_eq!(tariffs().await, ["home-100"]);

    let end = saved(&store, &disconnect(&key), MORNING.plus_minutes(2)).await;
    assert_eq!(tariffs().await, ["home-100"]);
    retired(&store, &end, &key).await;
    assert_eq!(tariffs().await, Vec::<String>::new());
}
