//! Every route of the product, asked by every role. What each may is a table; the documentation shows the same.

use anyhow::{Context, Result, ensure};
use oms_domain::role::built_in;
use oms_tests::app::project;
use oms_tests::caller::send;
use oms_tests::{Caller, DatabaseKind, TestApp, on_database, orders, subscribers};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const EXPECTED: &str = include_str!("rights_matrix.txt");
const PASSWORD: &str = "correct horse";
/// A task of the technical department.
const TASK: &str = "site-survey";
/// Whoever shows nothing, a subscriber, and somebody of the staff without a grant.
const OTHERS: [&str; 3] = ["anonymous", "subscriber", "nobody"];

/// The routes that the components themselves name, with their methods.
fn routes() -> Result<BTreeSet<(String, &'static str)>> {
    const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
    let mut found = BTreeSet::new();
    for component in std::fs::read_dir(project().join("components"))? {
        let text = std::fs::read_to_string(component?.path().join("src/lib.rs"))?;
        for route in text.split(".route(").skip(1) {
            // Up to the next route or the end of the router.
            let route = route.split("\n}").next().unwrap_or_default();
            let path = route.split('"').nth(1).context("a path")?;
            if path.starts_with("/internal/") {
                continue; // the tick has a token of its own, work is private
            }
            let methods = METHODS.iter().filter(|method| {
                let call = format!("{method}(");
                let mut calls = route.match_indices(&call);
                calls.any(|(at, _)| {
                    let before = route[..at].chars().last();
                    before.is_some_and(|c| " .\n(".contains(c))
                })
            });
            found.extend(methods.map(|method| (path.to_owned(), *method)));
        }
    }
    ensure!(found.len() > 40, "{found:#?}");
    Ok(found)
}

/// A sound request of a route, so that nothing but a right can be missing.
fn body_of(method: &str, path: &str) -> Option<Value> {
    let body = match (method, path) {
        ("post", "/api/v1/orders") => orders::connect(7),
        ("post", "/api/v1/orders/{order}/transitions") => json!({ "transition": "accept" }),
        ("post", "/api/v1/orders/{order}/comments") => json!({ "text": "hello" }),
        ("put", "/api/v1/orders/{order}/assignee") => json!({ "assignee": "karimov" }),
        ("patch", "/api/v1/orders/{order}") => json!({ "priority": "high" }),
        ("put", "/api/v1/orders/{order}/appointment") => {
            json!({ "from": "2026-12-01T09:00:00Z", "reason": "because" })
        }
        ("post", "/api/v1/orders/{order}/escalation/answer") => json!({ "comment": "hello" }),
        ("post", "/api/v1/effects/{effect}/retry")
        | ("post", "/api/v1/effects/{effect}/completion")
        | ("post", "/api/v1/effects/{effect}/failure")
        | ("post", "/api/v1/orders/{order}/hold")
        | ("post", "/api/v1/orders/{order}/cancellation")
        | ("post", "/api/v1/orders/{order}/cancellation/refusal") => json!({ "reason": "because" }),
        // Refused for what it says, after the right was looked at: the organisation stays.
        ("put", "/api/v1/coverage") => json!([{ "divisionCode": "atlantis", "country": "UZ" }]),
        ("post", "/api/v1/coverage/moves") => json!({ "dryRun": true }),
        ("put", "/api/v1/divisions")
        | ("post", "/api/v1/coverage/check" | "/api/v1/coverage/preview") => json!([]),
        ("post" | "put" | "patch", _) => json!({}),
        _ => return None,
    };
    Some(body)
}

/// What the role may: `yes`, `no` (the right is missing), `404` (to them the order is not there), or `-` (nobody knows who that
/// is).
async fn asked(
    app: &TestApp,
    caller: &Caller,
    role: &str,
    method: &str,
    path: &str,
) -> Result<&'static str> {
    let mut address = path.to_owned();
    if path.contains("{order}") {
        address = path.replace("{order}", &ordered(app, path).await?).replace("{task}", TASK);
    }
    let id = "019ab5c6-0000-7000-8000-000000000001";
    for name in ["{document}", "{effect}", "{grant}", "{token}", "{login}"] {
        address = address.replace(name, id);
    }
    if path == "/api/v1/slots" {
        address.push_str("?division=tashkent");
    }
    let address = address.replace("{code}", "connect-individual").replace("{version}", "1");
    let method: Method = method.to_uppercase().parse()?;
    let mut request = match role {
        "anonymous" => caller.anonymous(method.clone(), &address),
        _ => caller.request(method.clone(), &address),
    };
    if path.ends_with("/documents") && method == Method::POST {
        request = request.header("content-type", "text/plain").body("a text");
    } else if let Some(body) = body_of(&method.as_str().to_lowercase(), path) {
        request = request.header("if-match", "*").json(&unique(body));
    }
    let answer = send(request).await?;
    match answer.status {
        401 if path != "/login" => Ok("-"),
        403 => Ok("no"),
        404 if path.contains("{order}") && !path.contains("{document}") => Ok("404"),
        // A page sends whoever is not known to the log-in.
        200 if String::from_utf8_lossy(&answer.bytes).contains("name=\"password\"")
            && path != "/login" =>
        {
            Ok("-")
        }
        status if status < 500 => Ok("yes"),
        status => anyhow::bail!("{method} {path} answered {status}: {}", answer.body),
    }
}

/// Each has an order of its own: what one does to it is nothing to the next. Where a task is to be done, it is open.
async fn ordered(app: &TestApp, path: &str) -> Result<String> {
    let mut form = unique(orders::connect(7));
    let has_task = path.contains("{task}");
    if has_task {
        form["party"] = json!({
            "type": "legalEntity", "name": "Tekstil", "taxId": "300000007", "phone": "+998712000000",
            "representative": { "name": "Olim Yusupov", "position": "Director" },
        });
    }
    let order = app.admin.post("/api/v1/orders", &form).await?;
    order.expect(201)?;
    let number = order.body["number"].as_str().context("a number")?.to_owned();
    if has_task {
        app.admin
            .make_transition(&number, &json!({ "transition": "accept" }))
            .await?
            .expect(200)?;
        let tasks = app.admin.items(&format!("/api/v1/orders/{number}/tasks")).await?;
        let is_open = tasks.iter().any(|task| task["code"] == TASK && task["state"] == "open");
        ensure!(is_open, "{TASK} is to be done");
    }
    Ok(number)
}

/// Two orders that are not the same request.
fn unique(mut body: Value) -> Value {
    if body.get("kind").is_some() {
        body["allowDuplicate"] = json!(true);
    }
    body
}

async fn table(kind: DatabaseKind) -> Result<String> {
    let app = TestApp::start(kind).await?;
    let mut callers = vec![("anonymous".to_owned(), Caller::new(app.url(), "")?)];
    callers.push(("subscriber".to_owned(), subscriber(&app).await?));
    let roles: Vec<String> = built_in().into_iter().map(|role| role.code).rev().collect();
    let logins = ["nobody".to_owned()].into_iter().chain(roles);
    for login in logins {
        let person = json!({ "login": login, "name": login, "password": PASSWORD });
        app.admin.post("/api/v1/staff", &person).await?.expect(201)?;
        if login != "nobody" {
            let grant = json!({ "login": login, "role": login });
            app.admin.post("/api/v1/grants", &grant).await?.expect(201)?;
        }
        let typed = json!({ "login": login, "password": PASSWORD });
        let begun = app.admin.anonymous(Method::POST, "/api/v1/session").json(&typed);
        let begun = send(begun).await?;
        begun.expect(201)?;
        let token = begun.body["token"].as_str().context("a token")?;
        callers.push((login, Caller::new(app.url(), token)?));
    }
    ensure!(callers.iter().zip(OTHERS).all(|((name, _), other)| name == other));
    let mut lines = vec![line("route", callers.iter().map(|(role, _)| role.as_str()))];
    for (path, method) in routes()? {
        let mut words = Vec::new();
        for (role, caller) in &callers {
            // Logging out would end the session that the next route needs. The console knows no subscribers.
            let ends = method == "delete" && path == "/api/v1/session"
                || path == "/logout" && role != "subscriber";
            words.push(match ends && role != "anonymous" {
                true => "yes",
                false => asked(&app, caller, role, method, &path).await?,
            });
        }
        let route = format!("{:<6} {path}", method.to_uppercase());
        lines.push(line(&route, words.into_iter()));
    }
    Ok(lines.join("\n") + "\n")
}

/// The party of every order that this test registers, with a session of their own.
async fn subscriber(app: &TestApp) -> Result<Caller> {
    let order = app.admin.post("/api/v1/orders", &unique(orders::connect(7))).await?;
    order.expect(201)?;
    subscribers::entered(app, order.body["number"].as_str().context("a number")?).await
}

fn line<'a>(route: &str, words: impl Iterator<Item = &'a str>) -> String {
    let words = words.map(|word| format!("{word:<17}")).collect::<Vec<_>>().concat();
    format!("{route:<66}{}", words.trim_end())
}

#[test]
fn every_role_may_what_the_table_says_on_every_route() {
    on_database(DatabaseKind::Sqlite, |kind| async move {
        let found = table(kind).await?;
        ensure!(found == EXPECTED, "the table is now\n{found}");
        Ok(())
    });
}

#[test]
fn the_documentation_shows_the_same_table() -> Result<()> {
    let page = std::fs::read_to_string(project().join("docs/rights.md"))?;
    ensure!(page.contains(EXPECTED), "docs/rights.md must show tests/tests/rights_matrix.txt");
    Ok(())
}
