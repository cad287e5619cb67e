//! Subscribers on the running product: getting in with a one-time code, seeing what is theirs and nothing else.

use anyhow::{Context, Result, ensure};
use oms_domain::rights::Right;
use oms_tests::caller::send;
use oms_tests::subscribers::{code, enter, entered};
use oms_tests::{Answer, Caller, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::{Value, json};

/// As the storm of log-ins: more than a code has attempts.
const AT_ONCE: usize = 32;

async fn registered(app: &TestApp, body: &Value) -> Result<String> {
    let mut body = body.clone();
    body["allowDuplicate"] = json!(true);
    let answer = app.admin.post("/api/v1/orders", &body).await?;
    answer.expect(201)?;
    Ok(answer.body["number"].as_str().context("a number")?.to_owned())
}

/// A code that is not this one.
fn wrong(code: &str) -> String {
    code.chars().map(|digit| if digit == '7' { '1' } else { '7' }).collect()
}

#[test]
fn a_code_opens_the_profile_once() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let number = registered(&app, &orders::connect(1)).await?;
        // The first code was replaced before it was used.
        let first = code(&app, &number).await?;
        let second = code(&app, &number).await?;
        ensure!(second.len() == 8 && second.bytes().all(|digit| digit.is_ascii_digit()));
        if first != second {
            enter(&app, &number, &first).await?.expect(401)?;
        }
        let path = format!("/api/v1/orders/{number}/access-code");
        let reader = app.caller("reader", &[Right::OrdersRead]).await?;
        reader.post(&path, &Value::Null).await?.expect(403)?;
        let desk = app.caller("desk", &[Right::OrdersRead, Right::SubscribersCode]).await?;
        desk.post(&path, &Value::Null).await?.expect(201)?;

        // Many at once with the same code: one gets in.
        let code = code(&app, &number).await?;
        let attempts = (0..AT_ONCE).map(|_| enter(&app, &number, &code));
        let answers: Vec<Answer> =
            futures::future::join_all(attempts).await.into_iter().collect::<Result<_>>()?;
        let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
        ensure!(count(201) == 1, "{} got in", count(201));
        ensure!(count(201) + count(401) + count(429) == AT_ONCE, "{answers:?}");
        let begun = answers.iter().find(|answer| answer.status == 201).context("somebody")?;
        let cookie = begun.header("set-cookie").context("a cookie")?;
        for part in ["oms_profile=", "HttpOnly", "SameSite=Lax", "Max-Age=7200"] {
            ensure!(cookie.contains(part), "{part} is not in {cookie}");
        }
        let kept = "SELECT count(*) FROM subscriber_session";
        ensure!(app.database.number(kept).await? == 1);
        ensure!(app.database.number("SELECT count(*) FROM access_code").await? == 0);

        // The cookie is as good as the token, until the session ends.
        let pair = cookie.split(';').next().context("a pair")?.to_owned();
        let with_cookie = |method: Method, path: &str| {
            send(app.admin.anonymous(method, path).header("cookie", pair.clone()))
        };
        with_cookie(Method::GET, "/api/v1/profile/orders").await?.expect(200)?;
        with_cookie(Method::GET, "/api/v1/orders").await?.expect(401)?;
        with_cookie(Method::DELETE, "/api/v1/session").await?.expect(204)?;
        with_cookie(Method::GET, "/api/v1/profile/orders").await?.expect(401)?;

        // Who gave it out is in the audit, and the code is not.
        let audit = app.admin.items("/api/v1/audit").await?;
        let of_code = |action: &str| audit.iter().filter(|entry| entry["action"] == action).count();
        ensure!(of_code("accessCode.add") == 4 && of_code("accessCode.use") == 1, "{audit:?}");
        ensure!(audit.iter().any(|entry| entry["actor"] == "desk"), "{audit:?}");
        ensure!(!json!(audit).to_string().contains(&code), "the code is in the audit");
        Ok(())
    });
}

#[test]
fn wrong_codes_lock_the_code_and_an_unknown_order_behaves_the_same() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let number = registered(&app, &orders::connect(1)).await?;
        let good = code(&app, &number).await?;
        let mut told = Vec::new();
        for name in [number.as_str(), "261124-4801-9375"] {
            let mut answers = Vec::new();
            for _ in 0..5 {
                let answer = enter(&app, name, &wrong(&good)).await?;
                answer.expect(401)?;
                answers.push(answer.body);
            }
            let locked = enter(&app, name, &good).await?;
            locked.expect(429)?;
            let seconds: i64 = locked.header("retry-after").context("Retry-After")?.parse()?;
            ensure!((800..=901).contains(&seconds), "{seconds}");
            told.push(answers);
        }
        ensure!(told[0] == told[1], "{told:?}");
        // A new code opens it again, and the old one stays dead.
        let new = code(&app, &number).await?;
        if new != good {
            enter(&app, &number, &good).await?.expect(401)?;
        }
        enter(&app, &number.replace('-', " "), &format!("{} {}", &new[..4], &new[4..]))
            .await?
            .expect(201)?;
        enter(&app, &number, &new).await?.expect(401)
    });
}

#[test]
fn a_subscriber_sees_their_own_orders_and_nothing_else() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let number = registered(&app, &orders::connect(1)).await?;
        let mut second = orders::support(1);
        second["party"] = orders::connect(1)["party"].clone();
        let second = registered(&app, &second).await?;
        // Another phone; the same phone and another name; a company with the same phone.
        let mut others = vec![registered(&app, &orders::connect(2)).await?];
        for party in [
            json!({ "type": "individual", "familyName": "Karimov", "givenName": "Olim", "phone": "+998900000001" }),
            json!({ "type": "individual", "familyName": "Karimov", "phone": "+998900000001" }),
            json!({ "type": "legalEntity", "name": "Karimov Anvar", "taxId": "301234567", "phone": "+998900000001" }),
        ] {
            let mut body = orders::connect(1);
            body["party"] = party;
            others.push(registered(&app, &body).await?);
        }
        for transition in ["accept", "feasible"] {
            let body = json!({ "transition": transition, "comment": "A secret remark" });
            app.admin.make_transition(&number, &body).await?.expect(200)?;
        }
        let remark = json!({ "text": "A secret remark" });
        let path = format!("/api/v1/orders/{number}/comments");
        app.admin.post(&path, &remark).await?.expect(200)?;
        let documents = format!("/api/v1/orders/{number}/documents");
        app.eventually("the contract is drawn", || async {
            Ok((!app.admin.items(&documents).await?.is_empty()).then_some(()))
        })
        .await?;

        let subscriber = entered(&app, &number).await?;
        let mut found = numbers(&subscriber, "/api/v1/profile/orders").await?;
        found.sort_unstable();
        let mut own = vec![number.clone(), second.clone()];
        own.sort_unstable();
        ensure!(found == own, "{found:?}");
        let paged = numbers(&subscriber, "/api/v1/profile/orders?limit=1").await?;
        ensure!(paged == [second.clone(), number.clone()], "{paged:?}");
        for other in &others {
            let path = format!("/api/v1/profile/orders/{other}");
            let refused = subscriber.get(&path).await?;
            refused.expect(404)?;
            let unknown = subscriber.get("/api/v1/profile/orders/261124-4801-9375").await?;
            let like = |answer: &Answer, number: &str| answer.body.to_string().replace(number, "");
            ensure!(like(&refused, other) == like(&unknown, "261124-4801-9375"));
        }
        in_their_language(&subscriber, &number).await?;
        contract(&app, &subscriber, &number, &others[0]).await?;
        // Somebody else's session opens none of it.
        let stranger = entered(&app, &others[0]).await?;
        stranger.get(&format!("/api/v1/profile/orders/{number}")).await?.expect(404)?;
        ensure!(numbers(&stranger, "/api/v1/profile/orders").await? == [others[0].clone()]);
        // An order that becomes somebody else's is gone for the one, and not there for the other's session before.
        let patch = json!({ "party": { "givenName": "Olim" } });
        let request = app.admin.request(Method::PATCH, &format!("/api/v1/orders/{second}"));
        send(request.header("if-match", "*").json(&patch)).await?.expect(200)?;
        ensure!(numbers(&subscriber, "/api/v1/profile/orders").await? == [number.clone()]);
        let logged_out = subscriber.delete("/api/v1/session").await?;
        logged_out.expect(204)?;
        subscriber.get("/api/v1/profile/orders").await?.expect(401)
    });
}

async fn numbers(caller: &Caller, path: &str) -> Result<Vec<String>> {
    let items = caller.items(path).await?;
    Ok(items.iter().filter_map(|order| order["number"].as_str()).map(str::to_owned).collect())
}

async fn in_their_language(subscriber: &Caller, number: &str) -> Result<()> {
    let path = format!("/api/v1/profile/orders/{number}");
    for (asked, language, stage, received) in [
        ("ru-RU,ru;q=0.9", "ru", "Договор", "Заявка принята."),
        ("en", "en", "Contract", "The order was received."),
    ] {
        let request = subscriber.request(Method::GET, &path).header("accept-language", asked);
        let answer = send(request).await?;
        answer.expect(200)?;
        ensure!(answer.header("content-language").as_deref() == Some(language));
        ensure!(answer.header("cache-control").as_deref() == Some("no-store"));
        let name = answer.body["stage"]["name"].as_str().context("a stage")?;
        ensure!(name.starts_with(stage), "{name}");
        ensure!(answer.body["history"][0]["text"] == received, "{}", answer.body["history"]);
        let text = answer.body.to_string();
        for hidden in ["secret", "admin", "system", "passport"] {
            ensure!(!text.contains(hidden), "{hidden} is in {text}");
        }
    }
    Ok(())
}

async fn contract(app: &TestApp, subscriber: &Caller, number: &str, other: &str) -> Result<()> {
    let order = subscriber.get(&format!("/api/v1/profile/orders/{number}")).await?;
    let documents = order.body["documents"].as_array().cloned().unwrap_or_default();
    ensure!(documents.len() == 1 && documents[0]["kind"] == "contract", "{documents:?}");
    let href = documents[0]["href"].as_str().context("an address")?;
    let file = subscriber.get(href).await?;
    file.expect(200)?;
    ensure!(file.bytes.starts_with(b"%PDF"), "it is a PDF");
    ensure!(file.header("cache-control").as_deref() == Some("no-store"));
    // Neither through another order, nor by the staff's route, nor without the session.
    let id = documents[0]["id"].as_str().context("an id")?;
    subscriber.get(&format!("/api/v1/profile/orders/{other}/documents/{id}")).await?.expect(404)?;
    subscriber.get(&format!("/api/v1/documents/{id}")).await?.expect(401)?;
    send(app.admin.anonymous(Method::GET, href)).await?.expect(401)?;
    app.admin.get(href).await?.expect(401)
}
