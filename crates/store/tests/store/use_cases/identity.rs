//! People log in, get roles and lose them, on both databases.

use crate::support::database::{TestStore, at_once};
use crate::support::on_both_databases;
use crate::support::operator::{admin, establish};
use crate::support::orders::MORNING;
use oms_app::AppError;
use oms_app::grants::{add_role, add_token, give, grants, revoke, roles, take, tokens};
use oms_app::ports::Organisation;
use oms_app::sessions::{LogIn, log_in, log_in_with_token, log_out};
use oms_app::staff::{add, amend, audit, list};
use oms_app::tokens::authenticate;
use oms_domain::access::{Actor, OrderPlace};
use oms_domain::login::totp_step;
use oms_domain::order::OrderKind;
use oms_domain::rejection::Rejection;
use oms_domain::rights::Right;
use oms_domain::time::Instant;
use serde_json::{Value, json};

on_both_databases! {
    somebody_with_a_role_logs_in_and_has_its_rights_where_it_was_given
    guesses_lock_a_login_and_many_at_once_are_each_counted
    a_one_time_code_is_asked_for_and_taken_once
    whoever_stands_in_has_the_grants_of_the_absent_while_they_are_absent
    the_last_administrator_stays
    nobody_becomes_more_than_who_makes_them
    nobody_becomes_more_by_who_stands_in_for_whom
    tokens_have_a_reach_an_end_and_can_be_revoked
    every_change_is_in_the_audit
}

const PASSWORD: &str = "correct horse";

/// Somebody of the staff with the password above.
async fn person(store: &TestStore, login: &str) {
    let document = json!({ "login": login, "name": "Anvar Karimov", "password": PASSWORD });
    add(&**store, &admin(), &document, MORNING).await.expect("they are added");
}

async fn granted(store: &TestStore, document: Value) -> String {
    give(&**store, &admin(), &document, MORNING).await.expect("it is given").id
}

async fn enter(
    store: &TestStore,
    login: &str,
    password: &str,
    totp: Option<&str>,
    now: Instant,
) -> Result<String, AppError> {
    let typed = LogIn {
        login: login.to_owned(),
        password: password.to_owned(),
        totp: totp.map(str::to_owned),
    };
    log_in(&**store, &typed, now).await.map(|session| session.token)
}

async fn actor(store: &TestStore, session: &str, now: Instant) -> Option<Actor> {
    authenticate(&**store, session, now).await.expect("looked up")
}

fn place(path: &str, kind: OrderKind) -> OrderPlace {
    OrderPlace { division_path: Some(path.to_owned()), kind }
}

async fn somebody_with_a_role_logs_in_and_has_its_rights_where_it_was_given(store: TestStore) {
    establish(&store).await;
    person(&store, "karimov").await;
    let until = MORNING.plus_minutes(120);
    granted(
        &store,
        json!({ "login": "karimov", "role": "technician", "division": "north", "kinds": ["connect"],
                "until": until.to_string() }),
    )
    .await;
    for (login, password) in [("karimov", "wrong password"), ("nobody", PASSWORD), ("", "")] {
        let refused = enter(&store, login, password, None, MORNING).await;
        assert!(matches!(refused, Err(AppError::LoginWrong)), "{login}: {refused:?}");
    }
    let session = enter(&store, " Karimov ", PASSWORD, None, MORNING).await.expect("logged in");
    let technician = actor(&store, &session, MORNING).await.expect("somebody");
    assert_eq!(technician.name, "karimov");
    assert!(
        technician.may_on(Right::OrdersTechnical, &place("/head/north/x/", OrderKind::Connect))
    );
    assert!(!technician.may_on(Right::OrdersTechnical, &place("/head/south/", OrderKind::Connect)));
    assert!(!technician.may_on(Right::OrdersTechnical, &place("/head/north/", OrderKind::Change)));
    // The grant ends before the session does, and the session after twelve hours.
    let later = actor(&store, &session, until).await.expect("somebody");
    assert!(!later.may(Right::OrdersRead));
    assert!(actor(&store, &session, MORNING.plus_minutes(12 * 60)).await.is_none());
    log_out(&*store, &session).await.expect("logged out");
    assert!(actor(&store, &session, MORNING).await.is_none());
    // Whoever may not log in any more is out at once.
    let session = enter(&store, "karimov", PASSWORD, None, MORNING).await.expect("logged in");
    let off = json!({ "active": false });
    amend(&*store, &admin(), "karimov", &off, MORNING).await.expect("it is changed");
    assert!(actor(&store, &session, MORNING).await.is_none());
    assert!(enter(&store, "karimov", PASSWORD, None, MORNING).await.is_err());
}

async fn guesses_lock_a_login_and_many_at_once_are_each_counted(store: TestStore) {
    person(&store, "karimov").await;
    for _ in 0..4 {
        assert!(enter(&store, "karimov", "wrong password", None, MORNING).await.is_err());
    }
    enter(&store, "karimov", PASSWORD, None, MORNING).await.expect("a success forgets failures");
    // An unknown login behaves like a known one.
    for login in ["karimov", "stranger"] {
        let outcomes = at_once(8, |_| {
            let store = store.clone();
            async move { enter(&store, login, "wrong password", None, MORNING).await }
        })
        .await;
        let count = |is: fn(&AppError) -> bool| {
            outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(is)).count()
        };
        assert_eq!(count(|error| matches!(error, AppError::LoginWrong)), 5, "{outcomes:?}");
        assert_eq!(count(|error| matches!(error, AppError::LoginLocked { .. })), 3, "{outcomes:?}");
        let right = enter(&store, login, PASSWORD, None, MORNING.plus_minutes(14)).await;
        let seconds = match right {
            Err(AppError::LoginLocked { seconds }) => seconds,
            outcome => panic!("{outcome:?}"),
        };
        assert!((1..=61).contains(&seconds), "{seconds}");
    }
    let after = MORNING.plus_minutes(15);
    enter(&store, "karimov", PASSWORD, None, after).await.expect("the lock has ended");
    assert_eq!(store.number("SELECT count(*) FROM login_attempt").await, 0, "swept away");
}

async fn a_one_time_code_is_asked_for_and_taken_once(store: TestStore) {
    person(&store, "karimov").await;
    let on = json!({ "totp": true });
    let (staff, secret) =
        amend(&*store, &admin(), "karimov", &on, MORNING).await.expect("it is changed");
    let secret = secret.expect("it is shown once");
    assert!(staff.totp && secret.len() == 32, "{secret}");
    let code = (0..1_000_000)
        .map(|number| format!("{number:06}"))
        .find(|code| totp_step(&secret, code, None, MORNING).is_some())
        .expect("a code");
    let missing = enter(&store, "karimov", PASSWORD, None, MORNING).await;
    assert!(matches!(missing, Err(AppError::CodeMissing)), "{missing:?}");
    let wrong = enter(&store, "karimov", PASSWORD, Some("12 34"), MORNING).await;
    assert!(matches!(wrong, Err(AppError::LoginWrong)), "{wrong:?}");
    let outcomes = at_once(2, |_| {
        let (store, code) = (store.clone(), code.clone());
        async move { enter(&store, "karimov", PASSWORD, Some(&code), MORNING).await.is_ok() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|is_in| **is_in).count(), 1, "a code is taken once");
    let off = json!({ "totp": false });
    let (staff, secret) =
        amend(&*store, &admin(), "karimov", &off, MORNING).await.expect("it is changed");
    assert!(!staff.totp && secret.is_none());
    enter(&store, "karimov", PASSWORD, None, MORNING).await.expect("no code is asked for");
}

async fn whoever_stands_in_has_the_grants_of_the_absent_while_they_are_absent(store: TestStore) {
    establish(&store).await;
    person(&store, "head").await;
    person(&store, "deputy").await;
    granted(&store, json!({ "login": "head", "role": "head-of-division", "division": "north" }))
        .await;
    granted(&store, json!({ "login": "deputy", "role": "technician", "division": "south" })).await;
    let hour = |hours: i64| MORNING.plus_minutes(60 * hours);
    let patch = json!({
        "substitute": { "login": "deputy", "until": hour(10).to_string() },
        "absences": [
            { "from": hour(2).to_string(), "until": hour(4).to_string(), "reason": "holiday" },
            { "from": hour(9).to_string(), "until": hour(12).to_string() },
        ],
    });
    let (head, _) = amend(&*store, &admin(), "head", &patch, MORNING).await.expect("changed");
    assert_eq!(head.absences.len(), 2);
    let north = place("/head/north/", OrderKind::Connect);
    for (hours, stands_in) in
        [(0, false), (2, true), (3, true), (4, false), (9, true), (10, false), (11, false)]
    {
        let session = enter(&store, "deputy", PASSWORD, None, hour(hours)).await.expect("in");
        let deputy = actor(&store, &session, hour(hours)).await.expect("somebody");
        assert_eq!(deputy.may_on(Right::OrdersCancel, &north), stands_in, "hour {hours}");
        assert!(deputy.may_on(Right::OrdersTechnical, &place("/head/south/", OrderKind::Connect)));
        assert_eq!(deputy.name, "deputy");
    }
    for login in ["head", "nobody"] {
        let wrong = json!({ "substitute": { "login": login } });
        let refused = amend(&*store, &admin(), "head", &wrong, MORNING).await;
        assert!(matches!(refused, Err(AppError::Invalid(_))), "{refused:?}");
    }
}

async fn the_last_administrator_stays(store: TestStore) {
    person(&store, "first").await;
    person(&store, "second").await;
    let first = granted(&store, json!({ "login": "first", "role": "administrator" })).await;
    // Neither an administrator for a while nor one of a part would be there for good.
    establish(&store).await;
    granted(&store, json!({ "login": "second", "role": "administrator", "division": "north" }))
        .await;
    let until = MORNING.plus_minutes(60).to_string();
    granted(&store, json!({ "login": "second", "role": "administrator", "until": until })).await;
    let off = json!({ "active": false });
    let refused = amend(&*store, &admin(), "first", &off, MORNING).await.map(|_| ());
    for outcome in [refused, take(&*store, &admin(), &first, MORNING).await] {
        let is_kept = matches!(outcome, Err(AppError::Rejected(Rejection::LastAdministrator)));
        assert!(is_kept, "{outcome:?}");
    }
    // Of two, each may go; both at once may not.
    granted(&store, json!({ "login": "second", "role": "administrator" })).await;
    let outcomes = at_once(2, |index| {
        let (store, off) = (store.clone(), off.clone());
        let login = ["first", "second"][index];
        async move { amend(&*store, &admin(), login, &off, MORNING).await.map(|_| ()) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
}

async fn nobody_becomes_more_than_who_makes_them(store: TestStore) {
    establish(&store).await;
    let role = json!({ "code": "personnel", "name": { "en": "Personnel", "ru": "Кадры" },
                       "rights": ["staff.read", "staff.write", "orders.read"] });
    add_role(&*store, &admin(), &role, MORNING).await.expect("it is added");
    let again = add_role(&*store, &admin(), &role, MORNING).await;
    assert!(matches!(again, Err(AppError::Rejected(Rejection::RoleTaken { .. }))), "{again:?}");
    assert_eq!(roles(&*store, &admin()).await.expect("listed").len(), 7);
    for login in ["personnel", "boss", "clerk"] {
        person(&store, login).await;
    }
    granted(&store, json!({ "login": "personnel", "role": "personnel" })).await;
    let boss = granted(&store, json!({ "login": "boss", "role": "administrator" })).await;
    let session = enter(&store, "personnel", PASSWORD, None, MORNING).await.expect("logged in");
    let personnel = actor(&store, &session, MORNING).await.expect("somebody");
    let (ports, missing) = (&*store, |outcome: Result<(), AppError>| match outcome {
        Err(AppError::RightMissing(right)) => right,
        outcome => panic!("{outcome:?}"),
    });
    let grant = json!({ "login": "clerk", "role": "administrator" });
    let given = give(ports, &personnel, &grant, MORNING).await.map(|_| ());
    assert_eq!(missing(given), Right::Admin);
    let grant = json!({ "login": "clerk", "role": "technician", "division": "north" });
    let given = give(ports, &personnel, &grant, MORNING).await.map(|_| ());
    assert_eq!(missing(given), Right::OrdersTechnical);
    let token = json!({ "name": "crm", "rights": ["orders.cancel"] });
    let made = add_token(ports, &personnel, &token, MORNING).await.map(|_| ());
    assert_eq!(missing(made), Right::OrdersCancel);
    for patch in [json!({ "password": "another horse" }), json!({ "active": false })] {
        let changed = amend(ports, &personnel, "boss", &patch, MORNING).await.map(|_| ());
        assert_eq!(missing(changed), Right::Admin, "{patch}");
    }
    assert_eq!(missing(take(ports, &personnel, &boss, MORNING).await), Right::Admin);
    let grant = json!({ "login": "clerk", "role": "personnel" });
    give(ports, &personnel, &grant, MORNING).await.expect("they have that themselves");
    let password = json!({ "password": "another horse" });
    amend(ports, &personnel, "clerk", &password, MORNING).await.expect("no more than they have");
    let clerk = Actor::with_rights("clerk", &[Right::OrdersRead]);
    let refused = add(ports, &clerk, &json!({}), MORNING).await.map(|_| ());
    assert_eq!(missing(refused), Right::StaffWrite);
    let taken = add(ports, &admin(), &json!({ "login": "clerk", "name": "Two" }), MORNING).await;
    assert!(matches!(taken, Err(AppError::Rejected(Rejection::LoginTaken { .. }))), "{taken:?}");
}

async fn nobody_becomes_more_by_who_stands_in_for_whom(store: TestStore) {
    establish(&store).await;
    let role = json!({ "code": "personnel", "name": { "en": "Personnel", "ru": "Кадры" },
                       "rights": ["staff.read", "staff.write"] });
    add_role(&*store, &admin(), &role, MORNING).await.expect("it is added");
    for login in ["personnel", "boss", "deputy", "clerk"] {
        person(&store, login).await;
    }
    for login in ["personnel", "clerk"] {
        granted(&store, json!({ "login": login, "role": "personnel" })).await;
    }
    granted(&store, json!({ "login": "boss", "role": "administrator" })).await;
    let set = async |login: &str, patch: Value| {
        amend(&*store, &admin(), login, &patch, MORNING).await.expect("changed");
    };
    let hour = |hours: i64| MORNING.plus_minutes(60 * hours).to_string();
    set("boss", json!({ "substitute": { "login": "personnel", "until": hour(100) } })).await;
    let session = enter(&store, "personnel", PASSWORD, None, MORNING).await.expect("logged in");
    let personnel = actor(&store, &session, MORNING).await.expect("somebody");
    let amended =
        async |login: &str, patch: &Value| match amend(&*store, &personnel, login, patch, MORNING)
            .await
        {
            Ok(_) => "yes",
            Err(AppError::RightMissing(right)) => right.code(),
            Err(error) => panic!("{error}"),
        };
    // Whoever stands in for somebody does not send them away, nor bring in who else does.
    let away = json!({ "absences": [{ "from": hour(0), "until": hour(9) }] });
    let password = json!({ "password": "another horse" });
    assert_eq!(amended("boss", &away).await, "admin");
    assert_eq!(amended("boss", &json!({ "absences": [] })).await, "admin");
    assert_eq!(amended("boss", &json!({ "substitute": { "login": "clerk" } })).await, "admin");
    // One may do so oneself, and to those who have no more.
    assert_eq!(amended("personnel", &away).await, "yes");
    assert_eq!(amended("clerk", &away).await, "yes");
    assert_eq!(amended("deputy", &password).await, "yes");
    // Who stands in for an administrator, away or not yet, is one as far as passwords go; until that ends.
    set("boss", json!({ "substitute": { "login": "deputy" } })).await;
    for patch in [&password, &away, &json!({ "totp": false }), &json!({ "active": false })] {
        assert_eq!(amended("deputy", patch).await, "admin", "{patch}");
    }
    assert_eq!(amended("deputy", &json!({ "position": "Desk" })).await, "yes");
    set("boss", json!({ "substitute": { "login": "deputy", "from": hour(1) } })).await;
    assert_eq!(amended("deputy", &password).await, "admin");
    set("boss", json!({ "substitute": { "login": "deputy", "until": hour(0) } })).await;
    assert_eq!(amended("deputy", &password).await, "yes");
    set("boss", json!({ "substitute": null })).await;
    assert_eq!(amended("deputy", &password).await, "yes");
}

async fn tokens_have_a_reach_an_end_and_can_be_revoked(store: TestStore) {
    establish(&store).await;
    let until = MORNING.plus_minutes(60);
    let document = json!({ "name": "crm", "rights": ["orders.read"], "division": "north",
                           "kinds": ["connect"], "until": until.to_string() });
    let (record, token) =
        add_token(&*store, &admin(), &document, MORNING).await.expect("it is made");
    let crm = actor(&store, &token, MORNING).await.expect("somebody");
    assert!(crm.may_on(Right::OrdersRead, &place("/head/north/", OrderKind::Connect)));
    assert!(!crm.may_on(Right::OrdersRead, &place("/head/north/", OrderKind::Support)));
    assert!(actor(&store, &token, until).await.is_none());
    // A session that was begun with a token has what the token gives, and ends with it.
    let session = log_in_with_token(&*store, &token, MORNING).await.expect("logged in");
    assert_eq!(actor(&store, &session, MORNING).await, Some(crm));
    let listed = tokens(&*store, &admin(), None, 10).await.expect("listed");
    assert_eq!(listed, [record.clone()]);
    for _ in 0..2 {
        revoke(&*store, &admin(), &record.id, MORNING).await.expect("it is revoked");
    }
    assert!(actor(&store, &token, MORNING).await.is_none());
    assert!(actor(&store, &session, MORNING).await.is_none());
    let entries = audit(&*store, &admin(), None, 10).await.expect("listed");
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["token.revoke", "token.add"], "a repetition changes nothing");
    // A division that grants name can't be dropped; one that is gone all the same gives nothing.
    let document = json!({ "name": "south", "rights": ["orders.read"], "division": "south" });
    let (_, token) = add_token(&*store, &admin(), &document, MORNING).await.expect("it is made");
    let mut rest = crate::support::operator::divisions();
    rest.retain(|division| !division.code.starts_with("south"));
    store.replace_divisions(&rest).await.expect("swapped");
    let lost = actor(&store, &token, MORNING).await.expect("somebody");
    assert!(!lost.may(Right::OrdersRead));
}

async fn every_change_is_in_the_audit(store: TestStore) {
    person(&store, "karimov").await;
    let grant = granted(&store, json!({ "login": "karimov", "role": "operator" })).await;
    let patch = json!({ "position": "Desk", "phone": null, "password": "another horse" });
    amend(&*store, &admin(), "karimov", &patch, MORNING).await.expect("changed");
    take(&*store, &admin(), &grant, MORNING).await.expect("taken");
    assert_eq!(grants(&*store, &admin(), Some("karimov"), None, 10).await.expect("listed"), []);
    let staff = list(&*store, &admin(), None, 10).await.expect("listed");
    assert_eq!((staff.len(), staff[0].version), (1, 2));
    let entries = audit(&*store, &admin(), None, 3).await.expect("listed");
    let shown: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} {} {} {}", entry.actor, entry.action, entry.subject, entry.at))
        .collect();
    let expected = ["grant.remove", "staff.change", "grant.add"];
    assert_eq!(shown, expected.map(|action| format!("admin {action} karimov {MORNING}")));
    assert_eq!(entries[1].detail["changed"], json!(["position", "phone", "password"]));
    let older = audit(&*store, &admin(), Some(&entries[2].id), 3).await.expect("listed");
    assert_eq!(older.len(), 1);
    assert_eq!(older[0].action, "staff.add");
    assert!(
        !json!(entries.iter().map(|e| &e.detail).collect::<Vec<_>>()).to_string().contains("horse")
    );
}
