//! People and programs on the running product: logging in, what they see, what is theirs and what is not.

use anyhow::{Context, Result, ensure};
use oms_tests::app::{oms, project};
use oms_tests::caller::send;
use oms_tests::{Caller, DatabaseKind, TestApp, on_both_databases, on_database, orders};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

const PASSWORD: &str = "correct horse";

async fn hired(app: &TestApp, login: &str, grant: Value) -> Result<()> {
    let person = json!({ "login": login, "name": "Anvar Karimov", "password": PASSWORD });
    app.admin.post("/api/v1/staff", &person).await?.expect(201)?;
    let mut document = grant;
    document["login"] = json!(login);
    app.admin.post("/api/v1/grants", &document).await?.expect(201)
}

async fn logged_in(app: &TestApp, login: &str) -> Result<Caller> {
    let nobody = Caller::new(app.url(), "")?;
    let typed = json!({ "login": login, "password": PASSWORD });
    let answer = send(nobody.anonymous(Method::POST, "/api/v1/session").json(&typed)).await?;
    answer.expect(201)?;
    Caller::new(app.url(), answer.body["token"].as_str().context("a token")?)
}

#[test]
fn a_technician_of_one_branch_sees_its_orders_and_no_other() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let order = app.admin.post("/api/v1/orders", &orders::connect(1)).await?;
        order.expect(201)?;
        let number = order.body["number"].as_str().context("a number")?.to_owned();
        let division = order.body["division"]["code"].as_str().context("a division")?.to_owned();
        let divisions = app.admin.items("/api/v1/divisions").await?;
        let elsewhere = divisions
            .iter()
            .filter(|found| found["kind"] == "technical")
            .filter_map(|found| found["code"].as_str())
            .find(|code| *code != division)
            .context("another division")?;
        hired(&app, "here", json!({ "role": "operator", "division": division })).await?;
        hired(&app, "there", json!({ "role": "operator", "division": elsewhere })).await?;
        let (here, there) = (logged_in(&app, "here").await?, logged_in(&app, "there").await?);
        let path = format!("/api/v1/orders/{number}");
        here.get(&path).await?.expect(200)?;
        for (caller, expected) in [(&here, 1), (&there, 0)] {
            for list in ["/api/v1/orders?count=true", "/api/v1/orders?q=Karimov&count=true"] {
                let answer = caller.get(list).await?;
                answer.expect(200)?;
                ensure!(answer.body["total"] == json!(expected), "{list}: {}", answer.body);
                ensure!(answer.body["items"].as_array().map(Vec::len) == Some(expected));
            }
        }
        for part in
            ["", "/history", "/routing", "/transitions", "/documents", "/tasks", "/provisioning"]
        {
            there.get(&format!("{path}{part}")).await?.expect(404)?;
        }
        let comment = json!({ "text": "hello" });
        there.post(&format!("{path}/comments"), &comment).await?.expect(404)?;
        here.post(&format!("{path}/comments"), &comment).await?.expect(200)?;
        there.get("/api/v1/staff").await?.expect(403)?;
        // Who read it is noted after the answer; programs read for others, and are not.
        let who = async || -> Result<Option<()>> {
            let reads = app.admin.get(&format!("{path}/reads")).await?;
            reads.expect(200)?;
            let items = reads.body["items"].as_array().cloned().unwrap_or_default();
            let is_here = items.iter().all(|read| read["actor"] == "here");
            ensure!(is_here, "{items:?}");
            Ok((items.len() == 1).then_some(()))
        };
        app.eventually("the reading is noted", who).await?;
        // What they did bears their name.
        let history = app.admin.history(&number).await?;
        let last = history.last().context("an event")?;
        ensure!(last["actor"] == "here", "{last}");
        Ok(())
    });
}

#[test]
fn a_session_begins_with_a_password_and_ends_when_told() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        hired(&app, "karimov", json!({ "role": "operator" })).await?;
        let nobody = Caller::new(app.url(), "")?;
        let enter = |password: &str, scheme: &str| {
            let request = nobody.anonymous(Method::POST, "/api/v1/session");
            let typed = json!({ "login": "karimov", "password": password });
            send(request.header("x-forwarded-proto", scheme).json(&typed))
        };
        let begun = enter(PASSWORD, "https").await?;
        begun.expect(201)?;
        let cookie = begun.header("set-cookie").context("a cookie")?;
        for part in ["oms_session=", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=43200"] {
            ensure!(cookie.contains(part), "{part} is not in {cookie}");
        }
        let plain = enter(PASSWORD, "http").await?.header("set-cookie").context("a cookie")?;
        ensure!(!plain.contains("Secure"), "{plain}");
        let pair = cookie.split(';').next().context("a pair")?.to_owned();
        let with_cookie = |method: Method, path: &str| {
            send(nobody.anonymous(method, path).header("cookie", pair.clone()))
        };
        with_cookie(Method::GET, "/api/v1/orders").await?.expect(200)?;
        with_cookie(Method::GET, "/").await?.expect(200)?;
        with_cookie(Method::DELETE, "/api/v1/session").await?.expect(204)?;
        with_cookie(Method::GET, "/api/v1/orders").await?.expect(401)?;
        // Five wrong passwords lock the login; a new password from an administrator opens it.
        for _ in 0..5 {
            enter("wrong password", "http").await?.expect(401)?;
        }
        let locked = enter(PASSWORD, "http").await?;
        locked.expect(429)?;
        let seconds: u64 = locked.header("retry-after").context("Retry-After")?.parse()?;
        ensure!((800..=901).contains(&seconds), "{seconds}");
        let patch = json!({ "password": PASSWORD });
        let request = app.admin.request(Method::PATCH, "/api/v1/staff/karimov").json(&patch);
        send(request).await?.expect(200)?;
        enter(PASSWORD, "http").await?.expect(201)
    });
}

#[test]
fn the_console_logs_in_with_a_password_and_keeps_a_session() {
    on_database(DatabaseKind::Sqlite, |kind| async move {
        let app = TestApp::start(kind).await?;
        hired(&app, "karimov", json!({ "role": "operator" })).await?;
        let client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let enter = |form: Vec<(&'static str, String)>| {
            client.post(format!("{}/login", app.url())).form(&form).send()
        };
        let password = |password: &str| {
            vec![("login", "karimov".to_owned()), ("password", password.to_owned())]
        };
        for form in [password("wrong password"), vec![("token", "oms_wrong".to_owned())], vec![]] {
            let refused = enter(form).await?;
            ensure!(refused.status() == 401, "{}", refused.status());
            ensure!(refused.text().await?.contains("role=\"alert\""));
        }
        let token = vec![("token", app.admin.token().to_owned())];
        for form in [password(PASSWORD), token] {
            let entered = enter(form).await?;
            ensure!(entered.status() == 303, "{}", entered.status());
            let cookie = entered.headers()["set-cookie"].to_str()?.to_owned();
            ensure!(cookie.starts_with("oms_session=oms_session_"), "{cookie}");
            let pair = cookie.split(';').next().context("a pair")?.to_owned();
            let open = |path: &str| {
                client.get(format!("{}{path}", app.url())).header("cookie", pair.clone()).send()
            };
            ensure!(open("/").await?.status() == 200);
            let out = client.post(format!("{}/logout", app.url())).header("cookie", pair.clone());
            ensure!(out.send().await?.status() == 303);
            ensure!(open("/").await?.status() == 303, "the session itself has ended");
        }
        Ok(())
    });
}

#[test]
fn the_first_administrator_comes_from_the_command_line() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let user = |arguments: &[&str], password: Option<&str>| -> Result<(bool, String)> {
            let mut command = Command::new(oms()?);
            command.current_dir(project()).arg("user").args(arguments);
            command.args(["--database", &app.database.url]).env_remove("OMS_PASSWORD");
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut process = command.spawn()?;
            let mut input = process.stdin.take().context("standard input")?;
            // A command that was refused may not read it.
            let _ = writeln!(input, "{}", password.unwrap_or_default());
            drop(input);
            let output = process.wait_with_output()?;
            let told = [output.stdout, output.stderr].concat();
            Ok((output.status.success(), String::from_utf8_lossy(&told).into_owned()))
        };
        let add =
            ["add", "--login", "karimov", "--name", "Anvar Karimov", "--role", "administrator"];
        let (is_added, told) = user(&add, Some("short"))?;
        ensure!(!is_added && told.contains("10 to 128 characters"), "{told}");
        let (is_added, told) = user(&add, Some(PASSWORD))?;
        ensure!(is_added, "{told}");
        let administrator = logged_in(&app, "karimov").await?;
        administrator.get("/api/v1/audit").await?.expect(200)?;
        let (is_locked, told) = user(&["lock", "--login", "karimov"], None)?;
        ensure!(!is_locked && told.contains("Nobody would be left"), "{told}");
        let (is_set, told) = user(&["password", "--login", "karimov"], Some("another horse"))?;
        ensure!(is_set, "{told}");
        administrator.get("/api/v1/audit").await?.expect(401)?;
        let grant = ["grant", "--login", "karimov", "--role", "auditor", "--kind", "connect"];
        let (is_given, id) = user(&grant, None)?;
        ensure!(is_given, "{id}");
        let (_, listed) = user(&["list"], None)?;
        ensure!(listed.contains("karimov") && listed.contains(id.trim()), "{listed}");
        let (is_taken, told) = user(&["revoke", "--grant", id.trim()], None)?;
        ensure!(is_taken, "{told}");
        let (_, listed) = user(&["list"], None)?;
        ensure!(!listed.contains(id.trim()), "{listed}");
        Ok(())
    });
}
