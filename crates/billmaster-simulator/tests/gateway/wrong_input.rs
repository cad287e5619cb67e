//! Whatever is wrong with a call gets its status and a problem document, and changes nothing.

use crate::support::{Gateway, TOKEN, send};
use anyhow::{Context, Result};
use reqwest::Method;

/// What is wrong · method · path · idempotency key (`-`: none) · body · expected status and problem.
const CALLS: &str = r#"
no body                    | PUT    | /v1/objects/domain/a        | k | | 400 malformed
broken JSON                | PUT    | /v1/objects/domain/a        | k | {"parents": [ | 400 malformed
a list                     | PUT    | /v1/objects/domain/a        | k | [1] | 400 malformed
null                       | PUT    | /v1/objects/domain/a        | k | null | 400 malformed
unknown field              | PUT    | /v1/objects/domain/a        | k | {"parent": []} | 400 malformed
parents a text             | PUT    | /v1/objects/domain/a        | k | {"parents": "b"} | 400 malformed
parent a number            | PUT    | /v1/objects/domain/a        | k | {"parents": [1]} | 400 malformed
attribute a number         | PUT    | /v1/objects/domain/a        | k | {"attributes": {"n": 1}} | 400 malformed
attribute null             | PUT    | /v1/objects/domain/a        | k | {"attributes": {"n": null}} | 400 malformed
attributes a list          | PUT    | /v1/objects/domain/a        | k | {"attributes": []} | 400 malformed
something after the JSON   | PUT    | /v1/objects/domain/a        | k | {} {} | 400 malformed
no idempotency key         | PUT    | /v1/objects/domain/a        | - | {} | 400 malformed
empty idempotency key      | PUT    | /v1/objects/domain/a        |   | {} | 400 malformed
no key on a retirement     | DELETE | /v1/objects/domain/a        | - | | 400 malformed
unknown kind               | PUT    | /v1/objects/planet/a        | k | {} | 400 malformed
kind in other letters      | GET    | /v1/objects/Domain/a        | - | | 400 malformed
unknown kind to retire     | DELETE | /v1/objects/planet/a        | k | | 400 malformed
no key                     | PUT    | /v1/objects/domain/         | k | {} | 404 no-such-path
key with a null byte       | PUT    | /v1/objects/domain/a%00b    | k | {} | 400 malformed
key with a line end        | GET    | /v1/objects/domain/a%0Ab    | - | | 400 malformed
key that is not UTF-8      | GET    | /v1/objects/domain/%FF      | - | | 400 malformed
key with a bare slash      | PUT    | /v1/objects/domain/a/b      | k | {} | 404 no-such-path
missing parent             | PUT    | /v1/objects/customer/a      | k | {"parents": ["b"]} | 409 parent-missing
empty parent               | PUT    | /v1/objects/customer/a      | k | {"parents": [""]} | 409 parent-missing
not there                  | GET    | /v1/objects/domain/a        | - | | 404 not-found
unknown path               | GET    | /v2/objects                 | - | | 404 no-such-path
wrong method on an object  | POST   | /v1/objects/domain/a        | k | {} | 405 method-not-allowed
wrong method on the list   | PUT    | /v1/objects                 | k | {} | 405 method-not-allowed
wrong method on the journal| DELETE | /v1/journal                 | k | | 405 method-not-allowed
limit 0                    | GET    | /v1/objects?limit=0         | - | | 400 malformed
limit too high             | GET    | /v1/objects?limit=201       | - | | 400 malformed
limit a word               | GET    | /v1/objects?limit=many      | - | | 400 malformed
cursor a word              | GET    | /v1/objects?cursor=next     | - | | 400 malformed
unknown kind in a list     | GET    | /v1/objects?kind=planet     | - | | 400 malformed
unknown parameter          | GET    | /v1/objects?colour=red      | - | | 400 malformed
parameter twice            | GET    | /v1/objects?limit=1&limit=2 | - | | 400 malformed
journal: limit too high    | GET    | /v1/journal?limit=1000      | - | | 400 malformed
journal: unknown parameter | GET    | /v1/journal?order=1         | - | | 400 malformed
faults: no body            | PUT    | /control                    | - | | 400 malformed
faults: unknown            | PUT    | /control                    | - | {"explode": true} | 400 malformed
faults: negative           | PUT    | /control                    | - | {"failNext": -1} | 400 malformed
faults: status of success  | PUT    | /control                    | - | {"failStatus": 200} | 400 malformed
faults: rate above 1       | PUT    | /control                    | - | {"failRate": 1.5} | 400 malformed
faults: rate below 0       | PUT    | /control                    | - | {"failRate": -0.1} | 400 malformed
faults: delay of a year    | PUT    | /control                    | - | {"delayMs": 31536000000} | 400 malformed
faults: unknown kind       | PUT    | /control                    | - | {"refuseKinds": ["planet"]} | 400 malformed
faults: wrong method       | POST   | /control                    | - | {} | 405 method-not-allowed
"#;

#[tokio::test]
async fn each_wrong_call_is_told_and_changes_nothing() -> Result<()> {
    let gateway = Gateway::start().await?;
    let faults = gateway.get("/control").await?.body;
    let lines: Vec<&str> = CALLS.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines.len() >= 45, "{}", lines.len());
    for line in lines {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let [what, method, path, key, body, expected] = fields[..] else { panic!("{line}") };
        let mut request = gateway.request(Method::from_bytes(method.as_bytes())?, path);
        if key != "-" {
            request = request.header("idempotency-key", key);
        }
        let answer = send(request.body(body.to_owned())).await.context(what)?;
        let found = format!("{} {}", answer.status, answer.problem());
        assert_eq!(found, expected, "{what}: {answer:?}");
        assert_problem(&answer, what);
    }
    assert_eq!(gateway.get("/v1/journal").await?.body["totals"]["objects"], 0);
    assert_eq!(gateway.get("/control").await?.body, faults);
    Ok(())
}

#[tokio::test]
async fn whoever_does_not_show_the_token_is_refused() -> Result<()> {
    let gateway = Gateway::start().await?;
    let wrong = [
        None,
        Some("Bearer ".to_owned()),
        Some("Bearer other".to_owned()),
        Some(format!("Bearer {TOKEN}x")),
        Some(format!("Basic {TOKEN}")),
        Some(TOKEN.to_owned()),
    ];
    for authorization in &wrong {
        for (method, path) in [
            (Method::PUT, "/v1/objects/domain/north"),
            (Method::GET, "/v1/objects/domain/north"),
            (Method::DELETE, "/v1/objects/domain/north"),
            (Method::GET, "/v1/objects"),
            (Method::GET, "/v1/journal"),
        ] {
            let mut request = gateway.anonymous(method, path).header("idempotency-key", "k");
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            let answer = send(request.body("{}")).await?;
            assert_eq!((answer.status, answer.problem()), (401, "unauthorized"), "{path}");
            assert_problem(&answer, path);
            assert!(!answer.text.contains(TOKEN), "the token stays inside");
        }
    }
    assert_eq!(gateway.journal().await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn what_is_too_long_is_refused() -> Result<()> {
    let gateway = Gateway::start().await?;
    let put = |key: &str| {
        let path = format!("/v1/objects/domain/{key}");
        gateway.request(Method::PUT, &path).header("idempotency-key", "k")
    };
    let body = format!(r#"{{"attributes": {{"name": "{}"}}}}"#, "x".repeat(64 * 1024));
    let answer = send(put("north").body(body)).await?;
    assert_eq!((answer.status, answer.problem()), (413, "too-large"));
    assert_problem(&answer, "body");

    let answer = send(put(&"x".repeat(301)).body("{}")).await?;
    assert_eq!((answer.status, answer.problem()), (400, "malformed"));
    let idempotency_key = "k".repeat(4001);
    let request = gateway.request(Method::PUT, "/v1/objects/domain/north");
    let answer = send(request.header("idempotency-key", idempotency_key).body("{}")).await?;
    assert_eq!((answer.status, answer.problem()), (400, "malformed"));
    assert_eq!(gateway.journal().await?.len(), 0);

    let answer = send(put(&"x".repeat(300)).body("{}")).await?;
    assert_eq!(answer.status, 201);
    Ok(())
}

#[tokio::test]
async fn what_is_not_visible_ascii_is_no_idempotency_key() -> Result<()> {
    let gateway = Gateway::start().await?;
    let request = gateway.request(Method::PUT, "/v1/objects/domain/north");
    let answer = send(request.header("idempotency-key", "ключ").body("{}")).await?;
    assert_eq!((answer.status, answer.problem()), (400, "malformed"));
    Ok(())
}

/// A problem document says its kind, its status, and a sentence for people.
fn assert_problem(answer: &crate::support::Answer, what: &str) {
    assert_eq!(answer.content_type, "application/problem+json", "{what}: {answer:?}");
    assert_eq!(answer.body["status"], answer.status, "{what}");
    assert!(answer.body["title"].as_str().is_some_and(|title| !title.is_empty()), "{what}");
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    assert!(detail.chars().count() > 10, "{what}: {detail:?}");
}
