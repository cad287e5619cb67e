//! The built-in roles granted for one branch alone: what is the whole organisation's, and what is of another branch. The
//! roles granted for the whole organisation are in `rights_matrix.rs`.

use anyhow::{Context, Result, ensure};
use oms_tests::caller::send;
use oms_tests::{Caller, DatabaseKind, TestApp, on_database, orders};
use reqwest::Method;
use serde_json::{Value, json};

const EXPECTED: &str = include_str!("branch_rights.txt");
const BRANCH: &str = "samarkand";
const PASSWORD: &str = "correct horse";

/// Somebody of the staff with a role in the branch.
async fn hired(app: &TestApp, role: &str) -> Result<Caller> {
    let person = json!({ "login": role, "name": role, "password": PASSWORD });
    app.admin.post("/api/v1/staff", &person).await?.expect(201)?;
    let grant = json!({ "login": role, "role": role, "division": BRANCH });
    app.admin.post("/api/v1/grants", &grant).await?.expect(201)?;
    let typed = json!({ "login": role, "password": PASSWORD });
    let begun = send(app.admin.anonymous(Method::POST, "/api/v1/session").json(&typed)).await?;
    begun.expect(201)?;
    Caller::new(app.url(), begun.body["token"].as_str().context("a token")?)
}

fn technician(code: &str, division: &str) -> Value {
    json!({ "code": code, "name": code, "homeDivision": division, "skills": [], "workingPattern": {} })
}

/// A sound request of a route, so that nothing but a right or a reach can be missing.
fn body_of(method: &str, path: &str) -> Option<Value> {
    let part = path.rsplit('/').next().unwrap_or_default();
    let body = match (method, part) {
        ("PUT", "technicians") => json!([technician("clara", "samarkand-tech")]),
        ("PUT", "coverage") => json!([{ "divisionCode": "atlantis", "country": "UZ" }]),
        ("PUT", "divisions") | ("POST", "check" | "preview") => json!([]),
        ("PUT", "assignee") => json!({ "assignee": "karimov" }),
        ("PUT", "appointment") => json!({ "from": "2026-12-01T09:00:00Z", "reason": "because" }),
        ("PATCH", _) => json!({ "priority": "high" }),
        ("POST", "transitions") => json!({ "transition": "accept" }),
        ("POST", "comments") => json!({ "text": "hello" }),
        ("POST", "answer") => json!({ "comment": "hello" }),
        ("POST", "hold" | "cancellation" | "refusal") => json!({ "reason": "because" }),
        ("POST" | "PUT", _) => json!({}),
        _ => return None,
    };
    Some(body)
}

#[test]
fn a_role_of_one_branch_may_there_what_the_table_says_and_nothing_elsewhere() {
    on_database(DatabaseKind::Sqlite, told);
}

async fn told(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let order = app.admin.post("/api/v1/orders", &orders::connect(1)).await?;
    order.expect(201)?;
    let number = order.body["number"].as_str().context("a number")?;
    let all =
        json!([technician("anvar", "tashkent-centre"), technician("clara", "samarkand-tech")]);
    app.admin.put("/api/v1/technicians", &all).await?.expect(200)?;
    let mut lines = EXPECTED.lines().filter(|line| !line.starts_with('#'));
    let roles = lines.next().context("the roles")?.split_whitespace();
    let mut callers = Vec::new();
    for role in roles {
        callers.push((role, hired(&app, role).await?));
    }
    let mut wrong = Vec::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [method, path, expected @ ..] = &words[..] else { anyhow::bail!("{line}") };
        ensure!(expected.len() == callers.len(), "{line}");
        let address = path.replace("ORDER", number);
        for ((role, caller), expected) in callers.iter().zip(expected) {
            let mut request = caller.request(method.parse()?, &address);
            if let Some(body) = body_of(method, path) {
                request = request.header("if-match", "*").json(&body);
            }
            let answer = send(request).await?;
            if answer.status.to_string() != *expected {
                wrong.push(format!("{method} {path} by {role}: {}, not {expected}", answer.status));
            }
        }
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    for (role, caller) in &callers {
        // What is listed is of the branch.
        for (path, count) in [("orders", 0), ("escalations", 0), ("technicians", 1)] {
            let items = caller.items(&format!("/api/v1/{path}")).await?;
            ensure!(items.len() == count, "{path} by {role}: {items:?}");
        }
        // Nobody takes a technician from another branch, or sends one there.
        for list in [
            json!([technician("anvar", "samarkand-tech")]),
            json!([technician("clara", "tashkent-centre")]),
        ] {
            caller.put("/api/v1/technicians", &list).await?.expect(403)?;
        }
    }
    let technicians = app.admin.items("/api/v1/technicians").await?;
    ensure!(technicians.len() == 2, "{technicians:?}");
    Ok(())
}
