//! Whatever is wrong with a request is told with its documented status and a problem document; nothing of it stays.

use anyhow::{Context, Result, ensure};
use oms_domain::rights::Right;
use oms_tests::caller::send;
use oms_tests::{Caller, DatabaseKind, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::{Map, Value, json};

const CASES: &str = include_str!("wrong_input.txt");
const CASES_MIN: usize = 60;
/// Tables in which a refused request could leave something.
const TABLES: [&str; 20] = [
    "orders",
    "order_event",
    "effect",
    "idempotency_key",
    "document",
    "document_content",
    "division",
    "coverage_rule",
    "staff",
    "role",
    "role_grant",
    "api_token",
    "session",
    "access_code",
    "subscriber_session",
    "audit",
    "technician",
    "booking",
    "calendar",
    "division_calendar",
];

struct Case {
    what: String,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    token: Option<String>,
    body: String,
    status: u16,
    problem: Option<String>,
    faults: Vec<String>,
}

#[test]
fn everything_wrong_is_told_and_leaves_no_trace() {
    on_both_databases(run);
}

async fn run(kind: DatabaseKind) -> Result<()> {
    let cases: Vec<Case> =
        CASES.lines().filter(|line| is_case(line)).map(read_case).collect::<Result<_>>()?;
    assert!(cases.len() >= CASES_MIN, "{} cases", cases.len());
    let app = TestApp::start(kind).await?;
    let reader = app.caller("reader", &[Right::OrdersRead]).await?;
    let registering =
        app.caller("reader-and-register", &[Right::OrdersRead, Right::OrdersRegister]).await?;
    let nobody = Caller::new(app.url(), "oms_nobody")?;
    let open = register(&app, orders::connect(1)).await?;
    let closed = register(&app, orders::connect(2)).await?;
    let path = format!("/api/v1/orders/{closed}/cancellation");
    app.admin.post(&path, &json!({ "reason": "Not wanted" })).await?.expect(200)?;

    let before = traces(&app).await?;
    let mut wrong = Vec::new();
    for case in &cases {
        let caller = match case.token.as_deref() {
            Some("reader") => &reader,
            Some("reader-and-register") => &registering,
            Some("nobody") => &nobody,
            _ => &app.admin,
        };
        let mut outcome = check(caller, case, &open, &closed).await;
        // Refused while it still sends, a client may see the connection end before the answer: it asks again.
        for _ in 0..9 {
            if outcome.as_ref().err().is_some_and(|error| error.is::<reqwest::Error>()) {
                outcome = check(caller, case, &open, &closed).await;
            }
        }
        if let Err(error) = outcome {
            wrong.push(format!("{}: {error:#}", case.what));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert_eq!(traces(&app).await?, before, "a refused request left something");
    Ok(())
}

async fn register(app: &TestApp, order: Value) -> Result<String> {
    let answer = app.admin.post("/api/v1/orders", &order).await?;
    answer.expect(201)?;
    Ok(answer.body["number"].as_str().context("a number")?.to_owned())
}

async fn traces(app: &TestApp) -> Result<Vec<(&'static str, i64)>> {
    let mut counts = Vec::new();
    for table in TABLES {
        counts.push((table, app.database.number(&format!("SELECT count(*) FROM {table}")).await?));
    }
    let versions = app.database.number("SELECT CAST(sum(version) AS BIGINT) FROM orders").await?;
    counts.push(("versions of orders", versions));
    Ok(counts)
}

async fn check(caller: &Caller, case: &Case, open: &str, closed: &str) -> Result<()> {
    let path = case.path.replace("ORDER", open).replace("CLOSED", closed);
    let mut request = match case.token.as_deref() {
        Some("") => caller.anonymous(case.method.clone(), &path),
        _ => caller.request(case.method.clone(), &path),
    };
    let named = case.headers.iter().any(|(name, _)| name == "content-type");
    let body = body_of(&case.body)?;
    if !named && matches!(case.method, Method::POST | Method::PUT | Method::PATCH) {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in case.headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(name, value);
    }
    if !matches!(case.method, Method::GET | Method::DELETE) {
        request = request.body(body);
    }
    let answer = send(request).await?;
    ensure!(answer.status == case.status, "answered {}: {}", answer.status, answer.body);
    let Some(problem) = &case.problem else { return Ok(()) };
    ensure!(answer.problem() == problem, "is the problem {:?}: {}", answer.problem(), answer.body);
    let media_type = answer.header("content-type").unwrap_or_default();
    ensure!(media_type == "application/problem+json", "has the type {media_type:?}");
    ensure!(answer.body["status"] == json!(case.status), "names another status");
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    ensure!(detail.len() > 5, "says nothing: {}", answer.body);
    let said = |language: &str| answer.body["messages"][language].as_str().unwrap_or_default();
    let is_russian = said("ru").chars().any(|sign| ('а'..='я').contains(&sign));
    ensure!(said("en").len() > 5 && is_russian, "is not told in both languages: {}", answer.body);
    let faults = answer.body["errors"].as_array().cloned().unwrap_or_default();
    let found: Vec<String> = faults
        .iter()
        .map(|fault| {
            let text = |name: &str| fault[name].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("pointer"), text("code")).trim().to_owned()
        })
        .collect();
    if !case.faults.is_empty() {
        ensure!(found == case.faults, "has the faults {found:?}");
    }
    Ok(())
}

fn is_case(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('#')
}

fn read_case(line: &str) -> Result<Case> {
    let columns: Vec<&str> = line.split(" |").map(str::trim).collect();
    let column = |index: usize| columns.get(index).copied().unwrap_or_default();
    let mut words = column(1).split_whitespace();
    let method = words.next().context("a method")?.parse()?;
    let path = words.next().with_context(|| format!("a path in {line:?}"))?;
    let path = match path.strip_prefix('/') {
        Some(_) => path.to_owned(),
        None => format!("/api/v1/{path}"),
    };
    let mut headers = Vec::new();
    let mut token = None;
    for word in words {
        let (name, value) =
            word.split_once('=').with_context(|| format!("a header in {line:?}"))?;
        match name {
            "token" => token = Some(value.to_owned()),
            "authorization" => headers.push((name.to_owned(), value.replacen(':', " ", 1))),
            _ => headers.push((name.to_owned(), expand(value))),
        }
    }
    let mut expected = column(3).split_whitespace();
    let status = expected.next().with_context(|| format!("a status in {line:?}"))?.parse()?;
    let faults = column(4).split(", ").map(str::trim).filter(|fault| !fault.is_empty());
    Ok(Case {
        what: column(0).to_owned(),
        method,
        path: expand(&path),
        headers,
        token,
        body: column(2).to_owned(),
        status,
        problem: expected.next().map(str::to_owned),
        faults: faults.map(str::to_owned).collect(),
    })
}

/// Texts of a length, written as `@LENGTH`.
fn expand(text: &str) -> String {
    let mut text = text.replace("@blank", " ");
    for length in [4001, 201, 101, 65] {
        text = text.replace(&format!("@{length}"), &"x".repeat(length));
    }
    text
}

fn body_of(text: &str) -> Result<Vec<u8>> {
    let order = || orders::connect(3);
    match text {
        "@nested" => return Ok(format!("{}1{}", "[".repeat(200), "]".repeat(200)).into_bytes()),
        "@latin1" => return Ok(b"{\"kind\": \"\xe9\"}".to_vec()),
        "@10MB" => return Ok(format!("{{\"text\": \"{}\"}}", "x".repeat(10_000_000)).into_bytes()),
        "transition" => return Ok(br#"{"transition":"accept"}"#.to_vec()),
        _ => {}
    }
    let (base, changes) = match text.split_once(' ').unwrap_or((text, "")) {
        ("order", changes) => (order(), changes),
        ("support", changes) => (support(), changes),
        _ => return Ok(expand(text).into_bytes()),
    };
    Ok(changed(base, changes)?.to_string().into_bytes())
}

fn support() -> Value {
    json!({
        "kind": "support",
        "channel": "operator",
        "symptom": "No link",
        "party": { "type": "individual", "familyName": "Karimov", "phone": "+998901234567" },
        "address": { "country": "UZ", "city": "Tashkent" },
    })
}

/// Applies `/pointer=value` and `-/pointer`.
fn changed(mut document: Value, changes: &str) -> Result<Value> {
    // A change begins after a blank and with a slash; values may have blanks of their own.
    let mut parts: Vec<String> = Vec::new();
    for word in changes.split(' ').filter(|word| !word.is_empty()) {
        let begins = word.starts_with('/') || word.starts_with("-/");
        match parts.last_mut() {
            Some(last) if !begins => {
                last.push(' ');
                last.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
    }
    for part in parts {
        if let Some(pointer) = part.strip_prefix('-') {
            let (parent, name) = parent_of(&mut document, pointer)?;
            parent.remove(&name);
            continue;
        }
        let (pointer, value) = part.split_once('=').with_context(|| part.clone())?;
        let value = value_of(value)?;
        let (parent, name) = parent_of(&mut document, pointer)?;
        parent.insert(name, value);
    }
    Ok(document)
}

fn value_of(text: &str) -> Result<Value> {
    let item = orders::connect(3)["items"][0].clone();
    match text {
        "@51items" => {
            let mut items = vec![item; 51];
            for (index, item) in items.iter_mut().enumerate() {
                item["id"] = json!(index.to_string());
            }
            Ok(json!(items))
        }
        "@twice" => Ok(json!([item, item])),
        _ => serde_json::from_str(&expand(text)).with_context(|| text.to_owned()),
    }
}

fn parent_of<'a>(
    document: &'a mut Value,
    pointer: &str,
) -> Result<(&'a mut Map<String, Value>, String)> {
    let (parent, name) = pointer.rsplit_once('/').context("a pointer")?;
    let parent = document.pointer_mut(parent).and_then(Value::as_object_mut);
    Ok((parent.with_context(|| pointer.to_owned())?, name.to_owned()))
}
