//! Amendments in every stage of the built-in scenarios, on the running product: each comes to what the reviewed table of the
//! domain says, and undoes the same. The lines about what was signed and what was sent back, `(…)`, are shown in the domain.

use crate::{WALKS_AT_ONCE, form, is_led_on, newest, step, ways};
use anyhow::{Context, Result, ensure};
use futures::stream::{self, StreamExt, TryStreamExt};
use oms_domain::order::OrderKind;
use oms_domain::party::PartyType;
use oms_domain::scenario::{EntryAction, Scenario, Stage, Transition};
use oms_tests::caller::send;
use oms_tests::{Answer, TestApp, on_both_databases};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

/// One line per scenario, stage and amendment.
const TABLE: &str = include_str!("../../../crates/domain/tests/walks/amendments.txt");
/// Technicians of each department: enough for all visits that are booked side by side.
const TECHNICIANS: u32 = 8;

/// A stage and the way to it.
struct Place<'a> {
    scenario: &'a Scenario,
    stage: &'a Stage,
    way: Vec<&'a Transition>,
}

#[test]
fn an_amendment_in_any_stage_comes_to_what_the_reviewed_table_says() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        employ(&app).await?;
        let (mut places, mut unsure) = (Vec::new(), BTreeSet::new());
        for scenario in newest() {
            let ways = ways(scenario);
            for stage in &scenario.stages {
                let way = ways.get(stage.code.as_str());
                // A connection alone has something for the billing system to do, which keeps it there while that is down.
                let stays =
                    !is_led_on(scenario, &stage.code) || scenario.order_kind == OrderKind::Connect;
                match way.filter(|_| stays) {
                    Some(way) => places.push(Place { scenario, stage, way: way.clone() }),
                    None => {
                        unsure.insert((scenario.code.as_str(), stage.code.as_str()));
                    }
                }
            }
        }
        // Out of these stages the billing system leads an order on, unless it is down.
        let (last, others): (Vec<Place>, Vec<Place>) =
            places.into_iter().partition(|place| is_led_on(place.scenario, &place.stage.code));
        let registered = AtomicU32::new(0);
        let mut lines = amend_in(&app, &others, &registered).await?;
        let down = app.billing()?.put("/control", &json!({ "down": true })).await?;
        ensure!(down.is_success(), "{}", down.status);
        lines.extend(amend_in(&app, &last, &registered).await?);
        let is_shown = |line: &&str| {
            let mut words = line.split(' ');
            let place = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            !line.contains(" (signed) ") && !line.contains(" (after ") && !unsure.contains(&place)
        };
        let expected: BTreeSet<String> =
            TABLE.lines().filter(is_shown).map(str::to_owned).collect();
        let unlike: Vec<&String> = expected.symmetric_difference(&lines).collect();
        ensure!(unlike.is_empty(), "not in both: {unlike:#?}");
        Ok(())
    });
}

/// People who work around the clock, so that no visit waits for a morning.
async fn employ(app: &TestApp) -> Result<()> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let week: serde_json::Map<String, Value> =
        days.into_iter().map(|day| (day.to_owned(), json!(["00:00-24:00"]))).collect();
    let technician = |division: &str, number: u32| {
        let code = format!("{division}-{number}");
        json!({
            "code": code, "name": code, "homeDivision": division, "skills": ["internet"], "workingPattern": week,
        })
    };
    let divisions = ["tashkent-centre", "tashkent-north"];
    let of = |division| (0..TECHNICIANS).map(move |number| (division, number));
    let list: Vec<Value> =
        divisions.into_iter().flat_map(of).map(|(division, it)| technician(division, it)).collect();
    app.admin.put("/api/v1/technicians", &json!(list)).await?.expect(200)
}

/// How the party is reached, who it is, what is ordered, and where: what an order of this kind has. The other house is
/// operated by the same division, as in the domain.
fn amendments(scenario: &Scenario) -> [(&'static str, Value); 4] {
    let items = |action: &str| {
        let item =
            json!({ "id": "1", "service": "internet", "action": action, "tariff": "home-100" });
        ("items", json!({ "items": [item] }))
    };
    let what = match scenario.order_kind {
        OrderKind::Connect => items("add"),
        OrderKind::Change => items("modify"),
        OrderKind::Disconnect => items("delete"),
        OrderKind::Support => ("symptom", json!({ "symptom": "The lamp is red" })),
    };
    let phone = ("phone", json!({ "party": { "phone": "+998907654321" } }));
    let name = match scenario.party_type {
        Some(PartyType::LegalEntity) => "name",
        Some(PartyType::Individual) | None => "familyName",
    };
    let party = ("party", json!({ "party": { name: "Yusupov" } }));
    [phone, party, what, ("address", json!({ "address": { "house": "78" } }))]
}

async fn amend_in(
    app: &TestApp,
    places: &[Place<'_>],
    registered: &AtomicU32,
) -> Result<BTreeSet<String>> {
    let told = stream::iter(places).map(|place| async move {
        let what = || format!("{} in {}", place.scenario.code, place.stage.code);
        amend_at(app, place, registered).await.with_context(what)
    });
    let told: Vec<Vec<String>> = told.buffer_unordered(WALKS_AT_ONCE).try_collect().await?;
    Ok(told.into_iter().flatten().collect())
}

/// All amendments in one stage. An order that one has left in its stage takes the next as well.
async fn amend_at(app: &TestApp, place: &Place<'_>, registered: &AtomicU32) -> Result<Vec<String>> {
    let (scenario, stage) = (place.scenario, place.stage);
    let mut lines = Vec::new();
    let mut there: Option<String> = None;
    for (what, patch) in amendments(scenario) {
        let number = match there.take() {
            Some(number) => number,
            None => reach(app, place, registered.fetch_add(1, Ordering::Relaxed)).await?,
        };
        all_is_drawn(app, place, &number).await?;
        let outcome = amended(app, &number, &patch).await.context(what)?;
        lines.push(format!("{} {} {what} -> {outcome}", scenario.code, stage.code));
        let order = app.admin.order(&number).await?;
        there = Some(number).filter(|_| order["stage"]["code"] == stage.code.as_str());
    }
    Ok(lines)
}

async fn reach(app: &TestApp, place: &Place<'_>, index: u32) -> Result<String> {
    let registered = app.admin.post("/api/v1/orders", &form(place.scenario, index)).await?;
    registered.expect(201)?;
    let number = registered.body["number"].as_str().context("a number")?;
    for transition in &place.way {
        step(app, place.scenario, number, transition).await?;
    }
    Ok(number.to_owned())
}

/// Waits until every document counts that a stage on the way has drawn.
async fn all_is_drawn(app: &TestApp, place: &Place<'_>, number: &str) -> Result<()> {
    let way = place.way.iter().map(|transition| transition.to.as_str());
    let passed = [place.scenario.initial_stage.as_str()].into_iter().chain(way);
    let stages: Vec<&Stage> = passed.filter_map(|code| place.scenario.stage(code)).collect();
    let drawn: Vec<&String> = stages
        .iter()
        .flat_map(|stage| &stage.on_entry)
        .filter_map(|action| match action {
            EntryAction::Draw { template } => Some(template),
            EntryAction::Provision | EntryAction::Retire | EntryAction::Book { .. } => None,
        })
        .collect();
    if drawn.is_empty() {
        return Ok(());
    }
    app.eventually(&format!("{number} has {drawn:?}"), || async {
        let documents = app.admin.items(&format!("/api/v1/orders/{number}/documents")).await?;
        let counts = |kind: &str| {
            documents.iter().any(|it| it["kind"] == kind && it.get("supersededAt").is_none())
        };
        Ok(drawn.iter().all(|kind| counts(kind)).then_some(()))
    })
    .await
}

/// Amends the order, at its price if there is one; in the words of the table.
async fn amended(app: &TestApp, number: &str, patch: &Value) -> Result<String> {
    let before = app.admin.history(number).await?;
    let by_admin =
        |history: &[Value]| history.iter().filter(|event| event["actor"] == "admin").count();
    let (before, done_before) = (before.len(), by_admin(&before));
    let answer = amend(app, number, patch).await?;
    let refused = answer.problem().to_owned();
    if answer.status == 200 {
        return told(app, number, before).await;
    }
    answer.expect(409)?;
    let done = by_admin(&app.admin.history(number).await?);
    ensure!(done == done_before, "refused, and yet it changed");
    if refused != "penalty-unconfirmed" {
        return Ok(refused);
    }
    let mut patch = patch.clone();
    patch["penaltyConfirmed"] = json!(true);
    amend(app, number, &patch).await?.expect(200)?;
    Ok(format!("{refused}, then {}", told(app, number, before).await?))
}

/// On the version that is there: the product may still be at work on what the amendment before has asked for.
async fn amend(app: &TestApp, number: &str, patch: &Value) -> Result<Answer> {
    let path = format!("/api/v1/orders/{number}");
    app.eventually(&format!("{number} is amended, or refuses"), || async {
        let tag = app.admin.get(&path).await?.header("etag").context("an ETag")?;
        let request = app.admin.request(Method::PATCH, &path).header("if-match", tag);
        let request = request.header("content-type", "application/merge-patch+json");
        let answer = send(request.body(patch.to_string())).await?;
        Ok(Some(answer).filter(|answer| answer.status != 412))
    })
    .await
}

/// Where the order is, which documents no longer count, what became of the visit, and what was asked for: by the events
/// since `before`, leaving out what the product has done by itself meanwhile.
async fn told(app: &TestApp, number: &str, before: usize) -> Result<String> {
    let order = app.admin.order(number).await?;
    let documents = app.admin.items(&format!("/api/v1/orders/{number}/documents")).await?;
    let history = app.admin.history(number).await?;
    let mut superseded = Vec::new();
    let (mut visits, mut asked) = (String::new(), Vec::new());
    for event in history.iter().skip(before).filter(|event| event["actor"] == "admin") {
        match event["type"].as_str().unwrap_or_default() {
            "documentsSuperseded" => {
                for id in event["data"]["documents"].as_array().into_iter().flatten() {
                    let document = documents.iter().find(|document| document["id"] == *id);
                    let document = document.with_context(|| format!("{id} is gone"))?;
                    ensure!(document.get("supersededAt").is_some(), "{document} counts");
                    superseded.extend(document["kind"].as_str());
                }
            }
            "visitReleased" => visits.push_str("; visit released"),
            "visitBooked" => visits.push_str("; visit booked"),
            "documentRequested" => {
                asked.push(format!("draw:{}", event["data"]["template"].as_str().unwrap_or("?")));
            }
            "provisioningRequested" => asked.push("provision".to_owned()),
            "retirementRequested" => asked.push("retire".to_owned()),
            _ => {}
        }
    }
    let is_booked = order["appointment"]["state"] == "booked";
    ensure!(!visits.ends_with("released") || !is_booked, "{}", order["appointment"]);
    superseded.sort_unstable();
    let stage = order["stage"]["code"].as_str().context("a stage")?;
    let mut told = format!("{stage} ({})", order["state"].as_str().context("a state")?);
    if !superseded.is_empty() {
        told.push_str(&format!("; no longer counts: {}", superseded.join(" ")));
    }
    told.push_str(&visits);
    if !asked.is_empty() {
        told.push_str(&format!("; asked for: {}", asked.join(" ")));
    }
    Ok(told)
}
