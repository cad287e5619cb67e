//! The console in a real browser: log in, find an order, read it, in both languages.

use anyhow::{Context, Result};
use fantoccini::{Client, ClientBuilder, Locator};
use oms_domain::time::Instant;
use oms_domain::zone::WallClock;
use oms_tests::app::eventually;
use oms_tests::{DatabaseKind, TestApp, on_database, orders};
use serde_json::json;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long a page may take to show what a click asks for.
const PAGE_TIME_MAX: Duration = Duration::from_secs(20);

/// A headless browser, gone with the driver.
struct Browser {
    client: Client,
    _driver: Child,
}

impl Browser {
    async fn open(language: &str) -> Result<Browser> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("chromedriver is not installed (Debian: chromium-driver)")?;
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1000",
            &format!("--accept-lang={language}"),
        ];
        let options = json!({ "args": arguments, "prefs": { "intl.accept_languages": language } });
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let address = format!("http://127.0.0.1:{port}");
        let client = eventually("the browser starts", Duration::from_secs(60), || async {
            let mut builder =
                ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            Ok(builder.capabilities(capabilities.clone()).connect(&address).await.ok())
        });
        Ok(Browser { client: client.await?, _driver: driver })
    }

    /// Waits until the page shows this: a click is answered later.
    async fn shows(&self, expected: &str) -> Result<()> {
        eventually(&format!("the page shows {expected:?}"), PAGE_TIME_MAX, || async {
            // A page that is just being replaced has no text.
            let text = self.text().await.unwrap_or_default();
            Ok(text.contains(expected).then_some(()))
        })
        .await
    }

    async fn is_at(&self, path: &str) -> Result<()> {
        eventually(&format!("the browser is at {path}"), PAGE_TIME_MAX, || async {
            Ok((self.client.current_url().await?.path() == path).then_some(()))
        })
        .await
    }

    async fn has_rows(&self, count: usize) -> Result<()> {
        eventually(&format!("the list has {count} rows"), PAGE_TIME_MAX, || async {
            let rows = self.client.find_all(Locator::Css("tbody tr")).await?;
            Ok((rows.len() == count).then_some(()))
        })
        .await
    }

    async fn text(&self) -> Result<String> {
        Ok(self.client.find(Locator::Css("body")).await?.text().await?)
    }
}

#[test]
fn a_person_logs_in_finds_an_order_and_reads_it() {
    on_database(DatabaseKind::Sqlite, |kind| async move {
        let app = TestApp::start(kind).await?;
        let mut body = orders::connect(7);
        body["party"]["familyName"] = json!("<b>Каримов</b>");
        let registered = app.admin.post("/api/v1/orders", &body).await?;
        registered.expect(201)?;
        let number = registered.body["number"].as_str().context("a number")?.to_owned();
        for index in 20..80 {
            app.admin.post("/api/v1/orders", &orders::support(index)).await?.expect(201)?;
        }
        let browser = Browser::open("en").await?;
        let outcome = visit(&app, &browser, &number).await;
        browser.client.clone().close().await?;
        outcome
    });
}

async fn visit(app: &TestApp, browser: &Browser, number: &str) -> Result<()> {
    let client = &browser.client;
    // Whoever is not logged in is asked to; a wrong token is told.
    client.goto(&format!("{}/", app.url())).await?;
    browser.is_at("/login").await?;
    log_in(client, "oms_wrong").await?;
    browser.shows("token is not known").await?;
    log_in(client, app.admin.token()).await?;
    browser.is_at("/").await?;

    // The list has pages; a search finds the one; what is not there is said.
    browser.has_rows(50).await?;
    client.find(Locator::Css("a[rel=next]")).await?.click().await?;
    browser.has_rows(11).await?;
    search(client, "нет такого").await?;
    browser.shows("Nothing found").await?;
    search(client, "каримов").await?;
    browser.has_rows(1).await?;

    // The order: stage, division and why, what happens next, history. Markup in a name stays text.
    client.find(Locator::LinkText(number)).await?.click().await?;
    for expected in [
        "A connect order was registered.",
        number,
        "<b>Каримов</b>",
        "Registered",
        "Tashkent sales department",
        "operates this address",
    ] {
        browser.shows(expected).await?;
    }
    // What is not an order is a page too.
    client.goto(&format!("{}/orders/unknown", app.url())).await?;
    browser.shows("not found").await?;
    // Logged out, nothing is shown.
    client.goto(&format!("{}/", app.url())).await?;
    client.find(Locator::Css("form[action='/logout'] button")).await?.click().await?;
    browser.is_at("/login").await?;
    client.goto(&format!("{}/orders/{number}", app.url())).await?;
    browser.is_at("/login").await?;
    Ok(())
}

#[test]
fn the_console_speaks_russian_to_a_russian_browser() {
    on_database(DatabaseKind::Sqlite, |kind| async move {
        let app = TestApp::start(kind).await?;
        let browser = Browser::open("ru").await?;
        let outcome = async {
            browser.client.goto(&format!("{}/login", app.url())).await?;
            log_in(&browser.client, app.admin.token()).await?;
            browser.shows("Заказов пока нет").await
        };
        let outcome = outcome.await;
        browser.client.clone().close().await?;
        outcome
    });
}

#[test]
fn an_order_shows_its_visit_and_the_steps_of_a_scenario_of_the_operators_own() {
    on_database(DatabaseKind::Sqlite, |kind| async move {
        let app = TestApp::start(kind).await?;
        let visited = visited(&app).await?;
        let own = in_own_scenario(&app).await?;
        for (language, visit, zone, step) in [
            ("en", "Visit: Anvar", "Times of the division: Asia/Tashkent", "Front desk"),
            ("ru", "Выезд: Anvar", "Время подразделения: Asia/Tashkent", "Стойка"),
        ] {
            let browser = Browser::open(language).await?;
            let outcome = async {
                let client = &browser.client;
                client.goto(&format!("{}/login", app.url())).await?;
                log_in(client, app.admin.token()).await?;
                browser.is_at("/").await?;
                client.goto(&format!("{}/orders/{}", app.url(), visited.number)).await?;
                browser.shows(zone).await?;
                browser.shows(visit).await?;
                browser.shows(&visited.time).await?;
                client.goto(&format!("{}/orders/{own}", app.url())).await?;
                browser.shows(zone).await?;
                let current = client.find(Locator::Css("ol.steps [aria-current=step]")).await?;
                let shown = current.text().await?;
                anyhow::ensure!(shown == step, "the step is {shown:?}");
                let steps = client.find_all(Locator::Css("ol.steps li")).await?;
                anyhow::ensure!(steps.len() > 4, "{} steps", steps.len());
                Ok(())
            };
            let outcome = outcome.await;
            browser.client.clone().close().await?;
            outcome?;
        }
        Ok(())
    });
}

/// An order with a visit, and how the console writes its time.
struct Visited {
    number: String,
    time: String,
}

/// Somebody who works round the clock comes to the subscriber.
async fn visited(app: &TestApp) -> Result<Visited> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let week = days.map(|day| (day.to_owned(), json!(["00:00-24:00"])));
    let week: serde_json::Map<_, _> = week.into_iter().collect();
    let anvar = json!({
        "code": "anvar", "name": "Anvar", "homeDivision": "tashkent-centre", "skills": ["internet"],
        "workingPattern": week,
    });
    app.admin.put("/api/v1/technicians", &json!([anvar])).await?.expect(200)?;
    let registered = app.admin.post("/api/v1/orders", &orders::support(1)).await?;
    registered.expect(201)?;
    let number = registered.body["number"].as_str().context("a number")?.to_owned();
    let body = json!({ "transition": "visit", "comment": "The line is dead" });
    let moved = app.admin.make_transition(&number, &body).await?;
    moved.expect(200)?;
    let visit = &moved.body["appointment"];
    let instant = |name: &str| visit[name].as_str().and_then(Instant::parse).context("a time");
    let clock = WallClock::of("Asia/Tashkent");
    let time = clock.shown_period(instant("from")?, instant("to")?);
    Ok(Visited { number, time })
}

/// An order that goes through the built-in scenario with another first stage.
async fn in_own_scenario(app: &TestApp) -> Result<String> {
    let built_in = oms_domain::scenario::find("connect-individual", 1).context("it is built in")?;
    let mut own = json!(built_in);
    own["stages"][0]["name"] = json!({ "en": "Front desk", "ru": "Стойка" });
    let draft = app.admin.post("/api/v1/scenarios", &own).await?;
    draft.expect(201)?;
    let path = draft.header("location").context("an address")?;
    app.admin.post(&format!("{path}/publication"), &json!({})).await?.expect(200)?;
    let registered = app.admin.post("/api/v1/orders", &orders::connect(7)).await?;
    registered.expect(201)?;
    Ok(registered.body["number"].as_str().context("a number")?.to_owned())
}

async fn log_in(client: &Client, token: &str) -> Result<()> {
    client.find(Locator::Id("token")).await?.send_keys(token).await?;
    client.find(Locator::Css("form[action='/login'] button")).await?.click().await?;
    Ok(())
}

async fn search(client: &Client, question: &str) -> Result<()> {
    let field = client.find(Locator::Id("q")).await?;
    field.clear().await?;
    field.send_keys(question).await?;
    client.find(Locator::Css("form.search button")).await?.click().await?;
    Ok(())
}
