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
        // Who read it is noted after the answer: once alone, on two lists, and when they changed it.
        let expected = ["change", "list", "list", "order"];
        app.eventually("the readings are noted", || was_read(&app, &path, "here", &expected))
            .await?;
        // What they did bears their name.
        let history = app.admin.history(&number).await?;
        let last = history.last().context("an event")?;
        ensure!(last["actor"] == "here", "{last}");
        Ok(())
    });
}

/// Whether these and no other readings of an order are noted, by their kinds in the order of the alphabet, and all by one.
async fn was_read(app: &TestApp, path: &str, login: &str, expected: &[&str]) -> Result<Option<()>> {
    let items = app.admin.items(&format!("{path}/reads")).await?;
    ensure!(items.iter().all(|read| read["actor"] == login), "{items:?}");
    let mut kinds: Vec<&str> = items.iter().filter_map(|read| read["what"].as_str()).collect();
    kinds.sort_unstable();
    ensure!(kinds.len() <= expected.len(), "{kinds:?}");
    Ok((kinds == expected).then_some(()))
}

#[test]
fn every_order_that_a_person_has_before_them_is_noted_and_none_that_a_program_has() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let mut paths = Vec::new();
        for number in 1..=3 {
            let order = app.admin.post("/api/v1/orders", &orders::connect(number)).await?;
            order.expect(201)?;
            let number = order.body["number"].as_str().context("a number")?;
            paths.push(format!("/api/v1/orders/{number}"));
        }
        let path = &paths[0];
        let upload = app.admin.request(Method::POST, &format!("{path}/documents?kind=photo"));
        let upload = send(upload.header("content-type", "image/png").body("a photo")).await?;
        upload.expect(201)?;
        let photo = upload.body["href"].as_str().context("an address")?;
        hired(&app, "reader", json!({ "role": "operator" })).await?;
        let reader = logged_in(&app, "reader").await?;
        // Programs read for others, and tell those. So they come first: what they left would be found.
        for caller in [&app.admin, &reader] {
            let first = caller.get("/api/v1/orders?limit=2").await?;
            first.expect(200)?;
            let items = first.body["items"].as_array().context("items")?;
            ensure!(
                items.len() == 2 && items.iter().all(|item| item["party"]["phone"].is_string())
            );
            let next = first.body["nextCursor"].as_str().context("a second page")?;
            let second = caller.get(&format!("/api/v1/orders?limit=2&cursor={next}")).await?;
            second.expect(200)?;
            ensure!(second.body["items"].as_array().map(Vec::len) == Some(1), "{}", second.body);
            caller.get("/").await?.expect(200)?;
            caller.get(path).await?.expect(200)?;
            caller.get(&format!("{path}/history")).await?.expect(200)?;
            caller.get(&format!("{path}/provisioning")).await?.expect(200)?;
            caller.get(photo).await?.expect(200)?;
            let comment = json!({ "text": "hello" });
            caller.post(&format!("{path}/comments"), &comment).await?.expect(200)?;
            // The page shows all of that, and is one reading.
            caller.get(&path.replace("/api/v1", "")).await?.expect(200)?;
        }
        let opened =
            ["change", "document", "history", "list", "list", "order", "order", "provisioning"];
        for (path, expected) in paths.iter().zip([&opened[..], &opened[3..5], &opened[3..5]]) {
            let noted = || was_read(&app, path, "reader", expected);
            app.eventually("the readings are noted", noted).await?;
        }
        Ok(())
    });
}

#[test]
fn a_contract_and_a_scan_show_to_those_who_may_see_identity_documents() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let mut form = orders::connect(1);
        form["party"]["identityDocument"] = json!("AA 1234567");
        let order = app.admin.post("/api/v1/orders", &form).await?;
        order.expect(201)?;
        let path = format!("/api/v1/orders/{}", order.body["number"].as_str().context("one")?);
        for role in ["technician", "auditor", "operator"] {
            hired(&app, role, json!({ "role": role })).await?;
        }
        for kind in ["contract", "passport", "photo"] {
            let path = format!("{path}/documents?kind={kind}&name={kind}.txt");
            let request = app.admin.request(Method::POST, &path);
            send(request.header("content-type", "text/plain").body(kind)).await?.expect(201)?;
        }
        for (role, is_shown) in [("technician", false), ("auditor", false), ("operator", true)] {
            let caller = logged_in(&app, role).await?;
            // That a document is there is no secret; the file may be one.
            let documents = caller.items(&format!("{path}/documents")).await?;
            ensure!(documents.len() == 3, "{documents:?}");
            for document in &documents {
                let file = caller.get(document["href"].as_str().context("an address")?).await?;
                if is_shown || document["kind"] == "photo" {
                    file.expect(200)?;
                    continue;
                }
                file.expect(403)?;
                ensure!(file.problem() == "right-missing", "{}", file.body);
                ensure!(file.body["right"] == "parties.identityDocuments", "{}", file.body);
            }
            let alone = caller.get(&path).await?;
            let listed = caller.get("/api/v1/orders").await?;
            let number = |order: &Value| order["party"].get("identityDocument").cloned();
            ensure!(number(&alone.body).is_some() == is_shown, "{role}: {}", alone.body);
            ensure!(number(&listed.body["items"][0]).is_none(), "{role}: {}", listed.body);
            // Whoever takes orders along asks for all that they may see.
            let in_full = caller.get("/api/v1/orders?identityDocuments=true").await?;
            let listed = number(&in_full.body["items"][0]).is_some();
            ensure!(listed == is_shown, "{role}: {}", in_full.body);
        }
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
