//! Quick search: what people remember of an order, in their spelling, finds it; what looks like a query language does not
//! speak to the database.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::orders::{MORNING, connect, decision, saved, support};
use oms_app::ports::{OrderFilter, OrderPageQuery, OrderSort, Orders};
use oms_domain::search::search_terms;
use serde_json::{Value, json};

on_both_databases! {
    an_order_is_found_by_what_people_remember
    signs_of_query_languages_are_only_text
    what_has_changed_is_found_as_it_is_now
}

/// Three people; the names of their orders are their external ids.
fn forms() -> [Value; 3] {
    let mut karimov = connect();
    karimov["externalId"] = "crm-77".into();
    let mut elkin = connect();
    elkin["externalId"] = "crm-78".into();
    elkin["party"] = json!({
        "type": "individual", "familyName": "Ёлкин", "givenName": "Пётр", "phone": "+7 (495) 123-45-67",
        "email": "elkin_p@example.org"
    });
    elkin["address"]["street"] = "Зелёная улица".into();
    elkin["address"]["house"] = "7".into();
    elkin["linePhone"] = "+74951234568".into();
    let mut firm = support();
    firm["externalId"] = "100%_sure!".into();
    firm["party"] = json!({
        "type": "legalEntity", "name": "O'zbek \"Tekstil\" & Co", "taxId": "305555777",
        "registrationNumber": "AB-55", "phone": "+998712000000",
        "representative": { "name": "Olim Yusupov" }
    });
    firm["symptom"] = "Line is dead NOT slow".into();
    [karimov, elkin, firm]
}

async fn found(store: &TestStore, question: &str) -> Vec<String> {
    let query = OrderPageQuery {
        filter: OrderFilter { terms: search_terms(question), ..OrderFilter::default() },
        sort: OrderSort::OldestFirst,
        after: None,
        limit: 10,
    };
    let page = store.page(&query).await.unwrap_or_else(|error| panic!("{question}: {error}"));
    let count = store.count(&query.filter, 100).await;
    assert_eq!(count, Ok(page.orders.len() as i64), "{question}");
    page.orders.into_iter().filter_map(|order| order.external_id).collect()
}

async fn check(store: &TestStore, table: &[(&str, &[&str])]) {
    for (question, expected) in table {
        assert_eq!(found(store, question).await, *expected, "{question:?}");
    }
}

const KARIMOV: &str = "crm-77";
const ELKIN: &str = "crm-78";
const FIRM: &str = "100%_sure!";

async fn an_order_is_found_by_what_people_remember(store: TestStore) {
    let mut numbers = Vec::new();
    for (index, form) in forms().iter().enumerate() {
        let now = MORNING.plus_minutes(index as i64);
        numbers.push(saved(&store, form, now).await.number);
    }
    let bare = numbers[1].replace('-', "");
    check(
        &store,
        &[
            // names, parts of them, in any order and case, with ё or е
            ("Karimov", &[KARIMOV]),
            ("karim", &[KARIMOV]),
            ("ANVAR karimov", &[KARIMOV]),
            ("Ёлкин", &[ELKIN]),
            ("елкин", &[ELKIN]),
            ("ЁЛК", &[ELKIN]),
            ("Петр Елкин", &[ELKIN]),
            ("Пётр Каримов", &[]),
            ("Yusupov", &[FIRM]),
            // telephones as people write them, and their parts
            ("+998 (90) 123-45-67", &[KARIMOV]),
            ("998901234567", &[KARIMOV]),
            ("1234567", &[KARIMOV, ELKIN]),
            ("8 495 123 45 67", &[]),
            ("495 123-45-68", &[ELKIN]),
            // addresses, other numbers, codes
            ("Amir Temur 12A", &[KARIMOV, FIRM]),
            ("зеленая", &[ELKIN]),
            ("Зелёная улица, 7", &[ELKIN]),
            ("305555777", &[FIRM]),
            ("ab-55", &[FIRM]),
            ("crm-7", &[KARIMOV, ELKIN]),
            ("crm-78", &[ELKIN]),
            ("a.karimov@example.org", &[KARIMOV]),
            ("dead", &[FIRM]),
            // the order's own number, with and without its dashes
            (&numbers[1], &[ELKIN]),
            (&bare, &[ELKIN]),
            (&bare[6..], &[ELKIN]),
            // words too short for the index still count
            ("12", &[KARIMOV, ELKIN, FIRM]),
            ("Ан", &[]),
            ("An", &[KARIMOV]),
            ("ел", &[ELKIN]),
            ("я", &[ELKIN]),
            ("Karimov An", &[KARIMOV]),
            ("Karimov Пё", &[]),
            // no word at all finds everything
            ("", &[KARIMOV, ELKIN, FIRM]),
            ("  ", &[KARIMOV, ELKIN, FIRM]),
        ],
    )
    .await;
}

async fn signs_of_query_languages_are_only_text(store: TestStore) {
    for (index, form) in forms().iter().enumerate() {
        saved(&store, form, MORNING.plus_minutes(index as i64)).await;
    }
    check(
        &store,
        &[
            // LIKE
            ("%", &[FIRM]),
            ("100%", &[FIRM]),
            ("1%0", &[]),
            ("%%%", &[]),
            ("k_rimov", &[]),
            ("elkin_p", &[ELKIN]),
            ("_", &[ELKIN, FIRM]),
            ("!", &[FIRM]),
            ("sure!", &[FIRM]),
            ("!%", &[]),
            ("\\", &[]),
            // FTS5
            ("karimov OR елкин", &[]),
            ("NOT slow", &[FIRM]),
            ("NOT karimov", &[]),
            ("karim*", &[]),
            ("\"tekstil\"", &[FIRM]),
            ("\"", &[FIRM]),
            ("\"\"\"", &[]),
            ("\"karimov", &[]),
            ("search_text:karimov", &[]),
            ("NEAR(karimov anvar)", &[]),
            ("^karimov", &[]),
            ("karimov -anvar", &[]),
            ("{karimov}", &[]),
            ("(karimov)", &[]),
            ("(((", &[]),
            ("AND", &[]),
            // SQL
            ("'", &[FIRM]),
            ("o'zbek", &[FIRM]),
            ("' OR '1'='1", &[]),
            ("'; DROP TABLE orders; --", &[]),
            ("$1", &[]),
            ("& Co", &[FIRM]),
        ],
    )
    .await;
    assert_eq!(store.number("SELECT count(*) FROM orders").await, 3);
}

async fn what_has_changed_is_found_as_it_is_now(store: TestStore) {
    use crate::support::orders::save_of;
    let mut decision = decision(&connect(), MORNING);
    store.save(save_of(&decision, MORNING)).await.expect("it is saved");
    let party = decision.order.party.as_mut().expect("a party");
    party.family_name = Some("Rahimov".to_owned());
    party.email = None;
    decision.order.version += 1;
    decision.events[0].sequence = decision.order.last_event + 1;
    decision.events.truncate(1);
    store.save(save_of(&decision, MORNING)).await.expect("it is saved");
    check(&store, &[("Karimov Anvar", &[]), ("Rahimov", &["crm-77"]), ("Anvar", &["crm-77"])])
        .await;
}
