//! What can be looked at: lists, the journal with its counts, the page.

use crate::support::{Gateway, send};
use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

async fn filled() -> Result<Gateway> {
    let gateway = Gateway::start().await?;
    gateway.ensure("domain/north", &[], "North").await?;
    for number in 1..=3 {
        gateway.ensure(&format!("customer/customer-A-{number}"), &["north"], "C").await?;
    }
    let body = json!({ "parents": ["north"], "attributes": { "order": "A-2" } });
    let request = gateway.request(Method::PUT, "/v1/objects/accessPoint/point");
    send(request.header("idempotency-key", "point").body(body.to_string())).await?;
    Ok(gateway)
}

fn keys(body: &Value) -> Result<Vec<String>> {
    let items = body["items"].as_array().context("items")?;
    Ok(items.iter().map(|item| item["externalKey"].as_str().unwrap_or("?").to_owned()).collect())
}

#[tokio::test]
async fn objects_are_listed_by_what_is_asked_for() -> Result<()> {
    let gateway = filled().await?;
    let cases = [
        ("", "north customer-A-1 customer-A-2 customer-A-3 point"),
        ("?kind=customer", "customer-A-1 customer-A-2 customer-A-3"),
        ("?kind=service", ""),
        ("?externalKey=north", "north"),
        ("?kind=customer&externalKey=north", ""),
        ("?order=A-2", "customer-A-2 point"),
        ("?order=A-2&kind=accessPoint", "point"),
    ];
    for (query, expected) in cases {
        let answer = gateway.get(&format!("/v1/objects{query}")).await?;
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(keys(&answer.body)?.join(" "), expected, "{query}");
        assert_eq!(answer.body["nextCursor"], Value::Null, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_is_read_page_by_page() -> Result<()> {
    let gateway = filled().await?;
    for path in ["/v1/objects", "/v1/journal"] {
        let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, "0".to_owned());
        loop {
            let answer = gateway.get(&format!("{path}?limit=2&cursor={cursor}")).await?;
            seen.extend(keys(&answer.body)?);
            pages += 1;
            match answer.body["nextCursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        let all = ["north", "customer-A-1", "customer-A-2", "customer-A-3", "point"];
        assert_eq!((seen, pages), (all.map(str::to_owned).to_vec(), 3), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_journal_says_who_did_what_and_how_often_each_was_made() -> Result<()> {
    let gateway = filled().await?;
    gateway.ensure_as("rename", "domain/north", &[], "Far North").await?;
    gateway.ensure_as("again", "domain/north", &[], "Far North").await?;
    gateway.retire_as("end", "customer/customer-A-1").await?;
    let journal = gateway.get("/v1/journal").await?.body;
    let totals = json!({ "objects": 5, "made": 5, "changed": 1, "retired": 1 });
    assert_eq!(journal["totals"], totals);
    let items = journal["items"].as_array().context("items")?;
    assert_eq!(items.len(), 7, "what changed nothing is not in it");
    assert!(items.iter().all(|item| item["timesMade"] == 1), "{items:#?}");
    assert!(items.iter().all(|item| item["at"].as_i64() > Some(1_700_000_000_000)), "{items:#?}");
    let last = &items[6];
    assert_eq!((&last["operation"], &last["idempotencyKey"]), (&json!("retired"), &json!("end")));

    let cases = [
        ("?operation=changed", "north"),
        ("?kind=customer&operation=retired", "customer-A-1"),
        ("?externalKey=point", "point"),
        ("?operation=retired&kind=domain", ""),
    ];
    for (query, expected) in cases {
        let found = gateway.get(&format!("/v1/journal{query}")).await?;
        assert_eq!(keys(&found.body)?.join(" "), expected, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn the_page_shows_objects_and_faults_and_runs_nothing_that_callers_sent() -> Result<()> {
    let gateway = Gateway::start().await?;
    let empty = send(gateway.anonymous(Method::GET, "/")).await?;
    assert!(empty.text.contains("No objects yet."), "{}", empty.text);
    gateway.ensure("domain/%3Cb%3E", &[], "<script>alert(\"1\")</script> & Чорсу").await?;
    gateway.faults(json!({ "failNext": 4 })).await?;
    let page = send(gateway.anonymous(Method::GET, "/")).await?;
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
    for expected in [
        "BM-000001",
        "&lt;b&gt;",
        "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; Чорсу",
        "&quot;failNext&quot;:4",
        "1 objects; ever made 1",
    ] {
        assert!(page.text.contains(expected), "{expected} in {}", page.text);
    }
    assert!(!page.text.contains("<script"), "{}", page.text);
    Ok(())
}
