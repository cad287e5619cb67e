//! Objects are made, found, brought in line and retired; parents must live.

use crate::support::Gateway;
use anyhow::Result;
use futures::future::try_join_all;
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn an_object_is_made_found_brought_in_line_and_retired() -> Result<()> {
    let gateway = Gateway::start().await?;
    assert_eq!(gateway.find("domain/north").await?.status, 404);
    let made = gateway.ensure("domain/north", &[], "North").await?;
    assert_eq!(made.status, 201);
    let mut expected = json!({
        "id": "BM-000001", "kind": "domain", "externalKey": "north", "status": "active",
        "parents": [], "attributes": { "name": "North" }, "revision": 1,
    });
    assert_eq!(made.body, expected);
    assert_eq!(made.content_type, "application/json");
    assert_eq!(gateway.find("domain/north").await?.body, expected);

    let again = gateway.ensure("domain/north", &[], "North").await?;
    assert_eq!((again.status, &again.body), (200, &expected));
    let renamed = gateway.ensure("domain/north", &[], "Far North").await?;
    expected["attributes"]["name"] = json!("Far North");
    expected["revision"] = json!(2);
    assert_eq!((renamed.status, &renamed.body), (200, &expected));

    assert_eq!(gateway.retire_as("r-1", "domain/north").await?.status, 204);
    let retired = gateway.find("domain/north").await?;
    assert_eq!((retired.status, &retired.body["status"]), (200, &json!("retired")));
    for (key, object) in [("r-2", "domain/north"), ("r-3", "domain/never-there")] {
        assert_eq!(gateway.retire_as(key, object).await?.status, 204, "{object}");
    }
    let revived = gateway.ensure("domain/north", &[], "North").await?;
    assert_eq!((revived.status, revived.problem()), (409, "retired"));
    let journal = gateway.journal().await?;
    assert_eq!(journal, ["made domain/north", "changed domain/north", "retired domain/north"]);
    Ok(())
}

#[tokio::test]
async fn an_object_moves_to_other_parents() -> Result<()> {
    let gateway = Gateway::start().await?;
    for domain in ["domain/north", "domain/south"] {
        assert_eq!(gateway.ensure(domain, &[], "D").await?.status, 201);
    }
    assert_eq!(gateway.ensure("customer/c", &["north"], "C").await?.status, 201);
    let moved = gateway.ensure("customer/c", &["south"], "C").await?;
    assert_eq!((moved.status, &moved.body["parents"]), (200, &json!(["south"])));
    assert_eq!(moved.body["revision"], 2);
    Ok(())
}

#[tokio::test]
async fn keys_of_any_script_and_with_slashes_name_one_object() -> Result<()> {
    let gateway = Gateway::start().await?;
    for (path, key) in [
        ("domain/%D0%A7%D0%BE%D1%80%D1%81%D1%83", "Чорсу"),
        ("domain/a%2Fb%20c", "a/b c"),
        ("domain/100%25", "100%"),
    ] {
        let made = gateway.ensure(path, &[], "D").await?;
        assert_eq!((made.status, &made.body["externalKey"]), (201, &json!(key)));
        assert_eq!(gateway.find(path).await?.body["externalKey"], key);
    }
    Ok(())
}

#[tokio::test]
async fn parents_must_live_and_be_of_a_fitting_kind() -> Result<()> {
    let gateway = Gateway::start().await?;
    let chain: [(&str, &[&str]); 7] = [
        ("domain/d", &[]),
        ("customer/c", &["d"]),
        ("contract/k", &["c"]),
        ("personalAccount/a", &["k"]),
        ("billingPlan/p", &[]),
        ("accessPoint/x", &["d"]),
        ("service/s", &["a", "x", "p"]),
    ];
    for (object, parents) in chain {
        assert_eq!(gateway.ensure(object, parents, "N").await?.status, 201, "{object}");
    }
    assert_eq!(gateway.ensure("domain/gone", &[], "N").await?.status, 201);
    gateway.retire_as("r-1", "domain/gone").await?;
    let cases: [(&str, &[&str], u16); 9] = [
        ("domain/d2", &["d"], 201),
        ("domain/d3", &["d3"], 409), // its own parent
        ("domain/d", &["d"], 409),   // its own parent, and there already
        ("customer/c2", &["nobody"], 409),
        ("customer/c3", &["gone"], 409), // retired
        ("customer/c4", &["p"], 409),    // a billing plan has no customers
        ("contract/k2", &["d"], 409),
        ("service/s2", &["a", "nobody"], 409),
        ("service/s3", &["a", "x"], 201),
    ];
    for (object, parents, expected) in cases {
        let answer = gateway.ensure(object, parents, "N").await?;
        assert_eq!(answer.status, expected, "{object} {parents:?} {answer:?}");
        if expected == 409 {
            assert_eq!(answer.problem(), "parent-missing", "{object}");
        }
        let there = gateway.find(object).await?;
        assert_eq!(there.status == 200, expected == 201 || object == "domain/d", "{object}");
    }
    Ok(())
}

#[tokio::test]
async fn thirty_two_ensures_at_once_make_one_object() -> Result<()> {
    let gateway = Gateway::start().await?;
    let calls = (0..32).map(|_| gateway.ensure("domain/north", &[], "North"));
    let answers = try_join_all(calls).await?;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let found = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((made, found), (1, 31));
    let ids: BTreeSet<String> =
        answers.iter().map(|answer| answer.body["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(gateway.journal().await?, ["made domain/north"]);
    Ok(())
}

#[tokio::test]
async fn two_simulators_on_one_file_make_one_object() -> Result<()> {
    let gateway = Gateway::start().await?;
    let beside = billmaster_simulator::start(gateway.options()?).await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let there = (0..8).map(|number| {
        let url = format!("http://{}/v1/objects/domain/north", beside.address());
        let request = client.put(url).bearer_auth(crate::support::TOKEN);
        let request = request.header("idempotency-key", format!("beside-{number}"));
        crate::support::send(request.body(r#"{"attributes":{"name":"North"}}"#))
    });
    let here = (0..8).map(|_| gateway.ensure("domain/north", &[], "North"));
    let (here, there) = futures::try_join!(try_join_all(here), try_join_all(there))?;
    let made = here.iter().chain(&there).filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    assert_eq!(gateway.journal().await?, ["made domain/north"]);
    beside.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_restart_keeps_objects_answers_and_journal() -> Result<()> {
    let mut gateway = Gateway::start().await?;
    let first = gateway.ensure_as("k-1", "domain/north", &[], "North").await?;
    gateway.restart().await?;
    let found = gateway.find("domain/north").await?;
    assert_eq!(found.body, first.body);
    let repeated = gateway.ensure_as("k-1", "domain/north", &[], "North").await?;
    assert_eq!((repeated.status, repeated.replayed), (201, true));
    let next = gateway.ensure("domain/south", &[], "South").await?;
    assert_eq!(next.body["id"], "BM-000002");
    assert_eq!(gateway.journal().await?, ["made domain/north", "made domain/south"]);
    Ok(())
}

#[tokio::test]
async fn nothing_answers_after_a_stop() -> Result<()> {
    let mut gateway = Gateway::start().await?;
    gateway.ensure("domain/north", &[], "North").await?;
    let kept_alive = gateway.anonymous(reqwest::Method::GET, "/control");
    gateway.stop().await?;
    assert!(kept_alive.send().await.is_err());
    Ok(())
}
