//! Every statement that runs often uses an index: the databases themselves say so.

use crate::support::database::{Kind, TestStore};
use crate::support::on_both_databases;
use crate::support::operator;
use crate::support::orders::{
    MORNING, comment, connect, decision, document, next, save_of, saved_with_effects,
};
use crate::support::technicians::{booking, technician};
use oms_app::calendars::WorkingTime;
use oms_app::coverage::{RoutedOrder, RoutedOrders};
use oms_app::escalations::{NoticeFilter, Notices};
use oms_app::identity::Identity;
use oms_app::migration::RunningOrders;
use oms_app::outlook::StageTimes;
use oms_app::ports::{
    Cursor, Documents, Effects, NewIdempotencyKey, OrderFilter, OrderPageQuery, OrderReference,
    OrderSort, Orders, Organisation, RegistrationQuery, Save, Settlement, Tokens,
};
use oms_app::reads::{PersonalReads, Reading, note};
use oms_app::scenario_ports::Scenarios;
use oms_app::scoped::Scoped;
use oms_app::subscribers::Subscribers;
use oms_app::workforce::Workforces;
use oms_domain::access::{Divisions, Reach};
use oms_domain::effect::{EffectKind, EffectState};
use oms_domain::order::{Order, OrderKind};
use oms_domain::party::PartyType;
use oms_domain::routing::Query;
use oms_domain::routing::normalise::Place;
use oms_domain::scenario::ScenarioState;
use oms_domain::workforce::WorkforceQuery;
use oms_store::native::NativeDatabase;
use oms_store::{Database, DatabaseError, Dialect, Row, Store, Value};
use std::sync::{Arc, Mutex};

on_both_databases! {
    statements_of_every_request_read_no_table_from_end_to_end
    every_page_of_a_list_is_read_along_an_index
}

type Statement = (String, Vec<Value>);

/// Notes what the store asks of the database.
#[derive(Clone)]
struct Noting {
    database: NativeDatabase,
    statements: Arc<Mutex<Vec<Statement>>>,
}

impl Noting {
    fn note(&self, statement: &str, parameters: &[Value]) {
        let mut statements = self.statements.lock().expect("nobody panicked");
        statements.push((statement.to_owned(), parameters.to_vec()));
    }
}

impl Database for Noting {
    fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    async fn query(
        &self,
        statement: &str,
        parameters: Vec<Value>,
    ) -> Result<Vec<Row>, DatabaseError> {
        self.note(statement, &parameters);
        self.database.query(statement, parameters).await
    }

    async fn execute(&self, statement: &str, parameters: Vec<Value>) -> Result<(), DatabaseError> {
        self.note(statement, &parameters);
        self.database.execute(statement, parameters).await
    }
}

/// Runs something and answers what it asked of the database.
async fn noted(store: &TestStore, work: impl AsyncFn(&Store<Noting>)) -> Vec<Statement> {
    let noting = Noting { database: store.database().clone(), statements: Arc::default() };
    work(&Store::new(noting.clone())).await;
    let statements = noting.statements.lock().expect("nobody panicked").clone();
    assert!(!statements.is_empty());
    statements
}

/// The lines of the plan that read a whole table. Walking along an index is none: a page ends it. The organisation is
/// small, and tables with it are; so are the orders that one order names.
async fn whole_tables(kind: Kind, database: &NativeDatabase, statement: &Statement) -> Vec<String> {
    const SMALL: [&str; 24] = [
        "lent",
        "candidate",
        "maker",
        "later",
        "known",
        "up",
        "child",
        "around",
        "found",
        "division",
        "below",
        "any_technician",
        "shown",
        "who",
        "held",
        "typed",
        "division_calendar",
        "calendar",
        "calendar_version",
        "ordered",
        "pair",
        "latest",
        "operating",
        "part",
    ];
    let (text, parameters) = statement;
    let (explain, column) = match kind {
        Kind::Sqlite => (format!("EXPLAIN QUERY PLAN {text}"), 3),
        Kind::Postgres => (format!("EXPLAIN {text}"), 0),
    };
    let rows = database.query(&explain, parameters.clone()).await;
    let rows = rows.unwrap_or_else(|error| panic!("{text}: {error}"));
    let lines = rows.into_iter().map(|mut row| row.text(column).expect("a line"));
    let is_whole = |line: &String| match kind {
        Kind::Sqlite => {
            let table = line.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
            let indexed = line.contains(" INDEX ") || line.contains(" VIRTUAL TABLE ");
            table.is_some_and(|table| !SMALL.contains(&table) && table != "CONSTANT" && !indexed)
        }
        Kind::Postgres => line.contains("Seq Scan on"),
    };
    lines.filter(is_whole).collect()
}

async fn check(store: &TestStore, statements: &[Statement]) {
    let database = NativeDatabase::open(&store.url, 1).await.expect("the database opens");
    if store.kind == Kind::Postgres {
        // Small tables are read whole because they are small; what is read whole even so has no index.
        let off = database.execute("SET enable_seqscan = off", Vec::new()).await;
        off.expect("it is a setting of the connection");
    }
    for statement in statements {
        let found = whole_tables(store.kind, &database, statement).await;
        assert!(found.is_empty(), "{}\n{found:#?}", statement.0);
    }
    database.close().await;
}

async fn statements_of_every_request_read_no_table_from_end_to_end(store: TestStore) {
    operator::establish(&store).await;
    let order = saved_with_effects(&store, &[EffectKind::Draw; 2], MORNING).await;
    let statements = noted(&store, async |noting| {
        registering(noting).await;
        reading(noting, &order).await;
        visiting(noting, &order).await;
        executing(noting, &order).await;
        administering(noting, &order).await;
    })
    .await;
    assert!(statements.len() > 20, "{}", statements.len());
    check(&store, &statements).await;
}

async fn registering(store: &Store<Noting>) {
    let place = Place { city: "tashkent".to_owned(), ..Place::default() };
    let query = RegistrationQuery {
        idempotency_key: Some("key".to_owned()),
        duplicate_key: Some("duplicate".to_owned()),
        import_key: Some("import".to_owned()),
        place: Query { place, ..Query::default() },
        scenario_for: Some((OrderKind::Connect, Some(PartyType::Individual))),
        makers: Vec::new(),
    };
    store.registration_context(&query).await.expect("looked up");
    let makers = vec!["261124-4801-9375".to_owned(), "261124-4801-9383".to_owned()];
    let query = RegistrationQuery { makers, ..query };
    store.registration_context(&query).await.expect("looked up");
    let decision = decision(&connect(), MORNING);
    let idempotency = Some(NewIdempotencyKey {
        key: "key".to_owned(),
        body_sha256: "hash".to_owned(),
        response: "{}".to_owned(),
    });
    let save = Save {
        duplicate_key: Some("duplicate".to_owned()),
        import_key: Some("import".to_owned()),
        idempotency,
        ..save_of(&decision, MORNING)
    };
    store.save(save).await.expect("it is saved");
}

async fn reading(store: &Store<Noting>, order: &Order) {
    let id = OrderReference::Id(order.id.clone());
    for reference in [&id, &OrderReference::Number(order.number.clone())] {
        store.find(reference).await.expect("looked up").expect("it is there");
        store.load(reference).await.expect("looked up").expect("it is there");
    }
    store.history(&order.id, 0, 50).await.expect("looked up");
    store.document("id").await.expect("looked up");
    store.content("hash").await.expect("looked up");
    store.token("hash").await.expect("looked up");
    store.session("hash", MORNING).await.expect("looked up");
    store.locate(&id).await.expect("looked up").expect("it is there");
    store.locate_document("id").await.expect("looked up");
    let open = store.open(None, 50).await.expect("looked up");
    store.open(open.first().map(RoutedOrder::cursor).as_ref(), 50).await.expect("looked up");
    store.registered_since(MORNING, None, 50).await.expect("looked up");
    store.registered_since(MORNING, open.first(), 50).await.expect("looked up");
    let running = store.running(None, 50).await.expect("looked up");
    let last = running.last().expect("the order is open");
    store.running(Some(&last.cursor), 50).await.expect("looked up");
    store.published_scenario("fiber", 1).await.expect("looked up");
    store.scenario("fiber", 1).await.expect("looked up");
    let after = Cursor { value: 1, id: "fiber".to_owned() };
    for state in [None, Some(ScenarioState::Draft)] {
        store.scenarios(state, Some(&after), 50).await.expect("listed");
    }
    store.division("head").await.expect("looked up");
    store.calendars().await.expect("looked up");
    let all = NoticeFilter::default();
    let of_order = NoticeFilter { order_id: Some(order.id.clone()), ..all.clone() };
    let of_division = NoticeFilter { division: Some("head".to_owned()), ..all.clone() };
    let after = Cursor { value: MORNING.0, id: "id".to_owned() };
    let mut filters = vec![all, of_order, of_division];
    for reaches in [within(&[]), within(&[OrderKind::Connect]), Some(Vec::new())] {
        let reached =
            filters[..3].iter().map(|it| NoticeFilter { within: reaches.clone(), ..it.clone() });
        let reached: Vec<NoticeFilter> = reached.collect();
        filters.extend(reached);
    }
    for filter in filters {
        store.notices(&filter, None, 50).await.expect("listed");
        store.notices(&filter, Some(&after), 50).await.expect("listed");
    }
    store.effect("id").await.expect("looked up");
    for state in [None, Some(EffectState::Fallout)] {
        store.effects(state, None, None, 50).await.expect("listed");
        store.effects(state, Some(&order.id), None, 50).await.expect("listed");
        store.effects(state, None, Some("id"), 50).await.expect("listed");
    }
}

async fn administering(store: &Store<Noting>, order: &Order) {
    store.credentials("karimov").await.expect("looked up");
    store.count_attempt("karimov", MORNING).await.expect("counted");
    store.staff_member("karimov").await.expect("looked up");
    store.roles().await.expect("listed");
    store.grant("id").await.expect("looked up");
    store.grants_at_hand("karimov", MORNING, 50).await.expect("listed");
    store.token_record("id").await.expect("looked up");
    store.division_path("head").await.expect("looked up");
    for after in [None, Some("id")] {
        store.staff(after, 50).await.expect("listed");
        store.tokens(after, 50).await.expect("listed");
        store.audit(after, 50).await.expect("listed");
        store.reads(&order.id, after, 50).await.expect("listed");
        for login in [None, Some("karimov")] {
            store.grants(login, after, 50).await.expect("listed");
        }
    }
    note(store, "karimov", &[order.id.clone()], Reading::List, MORNING).await.expect("noted");
    store.access_credentials(&order.number).await.expect("looked up");
    store.subscriber("hash", MORNING).await.expect("looked up");
    let after = Cursor { value: MORNING.0, id: order.id.clone() };
    for after in [None, Some(&after)] {
        store.orders_of_phone("+998901234567", after, 50).await.expect("listed");
    }
}

async fn visiting(store: &Store<Noting>, order: &Order) {
    let technicians = [technician("anvar", "north-tech")];
    store.replace_technicians(&technicians, Some(0), MORNING).await.expect("swapped");
    let divisions = vec!["north".to_owned()];
    let query = WorkforceQuery { divisions, from: MORNING, to: MORNING.plus_minutes(60) };
    store.workforce(&query).await.expect("looked up");
    store.technician("anvar").await.expect("looked up");
    store.booked_technicians(MORNING).await.expect("looked up");
    store.visits("anvar", MORNING, MORNING.plus_minutes(60), 50).await.expect("looked up");
    // A visit that is refused: the order stays for those who come after.
    let mut decision = next(order, comment("visit"), MORNING);
    decision.bookings = vec![booking(order, "nobody", MORNING)];
    store.save(save_of(&decision, MORNING)).await.expect_err("nobody can go");
}

async fn executing(store: &Store<Noting>, order: &Order) {
    let after = Cursor { value: MORNING.0, id: order.id.clone() };
    for after in [None, Some(&after)] {
        store.due(MORNING, after, 100).await.expect("looked up");
    }
    store.due_kinds(MORNING).await.expect("looked up");
    let claimed = store.claim(&[EffectKind::Draw], "lease", MORNING, 1).await.expect("claimed");
    store.release(&["another"], "lease", MORNING).await.expect("given back");
    store.postpone("another", "lease", "later", MORNING).await.expect("given back");
    store.put_content("hash", b"pdf").await.expect("kept");
    let decision = next(order, comment("done"), MORNING);
    let settlement = Settlement {
        effect: claimed[0].id.clone(),
        lease: Some("lease".to_owned()),
        state: EffectState::Done,
        error: None,
    };
    let save = Save {
        settlement: Some(settlement),
        documents: vec![document(order, "contract", "hash")],
        ..save_of(&decision, MORNING)
    };
    store.save(save).await.expect("it is saved");
    store.forget_idempotency_keys(MORNING).await.expect("forgotten");
    store.forget_stage_times(MORNING).await.expect("forgotten");
    store.stage_times(200).await.expect("listed");
}

/// Two subtrees, one of them for some kinds.
fn within(kinds: &[OrderKind]) -> Option<Vec<Reach>> {
    let subtree = |path: &str, kinds: &[OrderKind]| Reach {
        divisions: Divisions::Subtree(path.to_owned()),
        kinds: kinds.to_vec(),
    };
    Some(vec![subtree("/head/north/", kinds), subtree("/head/south/", &[])])
}

async fn every_page_of_a_list_is_read_along_an_index(store: TestStore) {
    saved_with_effects(&store, &[], MORNING).await;
    let text = || Some("text".to_owned());
    let none = OrderFilter::default;
    let filters = [
        none(),
        OrderFilter { kind: text(), ..none() },
        OrderFilter { state: text(), ..none() },
        OrderFilter { stage: text(), ..none() },
        OrderFilter { division: text(), ..none() },
        OrderFilter { assignee: text(), ..none() },
        OrderFilter { channel: text(), ..none() },
        OrderFilter { external_id: text(), ..none() },
        OrderFilter { created_from: Some(MORNING), ..none() },
        OrderFilter { created_to: Some(MORNING), ..none() },
        OrderFilter { overdue_at: Some(MORNING), ..none() },
        OrderFilter { terms: vec!["karimov".to_owned()], ..none() },
        OrderFilter { terms: vec!["karimov".to_owned(), "an".to_owned()], ..none() },
        OrderFilter { state: text(), division: text(), overdue_at: Some(MORNING), ..none() },
        OrderFilter { within: Some(Vec::new()), ..none() },
        OrderFilter { within: within(&[]), ..none() },
        OrderFilter { within: within(&[OrderKind::Connect]), ..none() },
        OrderFilter { within: within(&[]), terms: vec!["karimov".to_owned()], ..none() },
    ];
    let statements = noted(&store, async |noting| {
        for filter in &filters {
            for (_, sort) in OrderSort::WORDS {
                for after in [None, Some(Cursor { value: 1, id: "id".to_owned() })] {
                    let (filter, sort) = (filter.clone(), *sort);
                    let query = OrderPageQuery { filter, sort, after, limit: 50 };
                    noting.page(&query).await.expect("a page");
                }
            }
        }
    })
    .await;
    check(&store, &statements).await;
}
