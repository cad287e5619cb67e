//! The demo: an operator with divisions, coverage and orders, tokens to log in, and a simulated billing system.
//! All of it is data of `examples/demo`, and part of the program.

use crate::database::Location;
use crate::output::Output;
use crate::token::now;
use anyhow::{Context, Result, bail};
use billmaster_simulator::{Options, RunningSimulator};
use oms_app::hash::sha256_hex;
use oms_app::ports::{Organisation, Tokens};
use oms_domain::rights::Right;
use oms_store::Store;
use oms_store::native::NativeDatabase;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

const DIVISIONS: &str = include_str!("../../../examples/demo/divisions.csv");
const COVERAGE: &str = include_str!("../../../examples/demo/coverage.csv");
const ORDERS: &str = include_str!("../../../examples/demo/orders.jsonl");

/// Where the simulator listens, if nobody else does.
const BILLING_PORT: u16 = 3900;
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// Somebody to log in as. The tokens are known to everybody: they exist only after `up --demo`, on loopback.
struct Role {
    name: &'static str,
    token: &'static str,
    rights: &'static [Right],
}

const ADMINISTRATOR: &str = "oms_demo_administrator";

const ROLES: [Role; 3] = [
    Role { name: "administrator", token: ADMINISTRATOR, rights: &[Right::Admin] },
    Role {
        name: "operator",
        token: "oms_demo_operator",
        rights: &[
            Right::OrdersRead,
            Right::OrdersRegister,
            Right::OrdersSales,
            Right::OrdersSupport,
            Right::OrdersHold,
            Right::OrdersCancel,
            Right::OrdersAmend,
            Right::OrdersAssign,
            Right::OrdersComment,
            Right::DocumentsRead,
            Right::DocumentsWrite,
            Right::OrganisationRead,
            Right::TechniciansRead,
            Right::ScenariosRead,
            Right::IdentityDocuments,
        ],
    },
    Role {
        name: "technician",
        token: "oms_demo_technician",
        rights: &[
            Right::OrdersRead,
            Right::OrdersTechnical,
            Right::OrdersSupport,
            Right::OrdersHold,
            Right::OrdersComment,
            Right::DocumentsRead,
            Right::DocumentsWrite,
            Right::OrganisationRead,
            Right::TechniciansRead,
        ],
    },
];

/// Adds the tokens, unless the database has an organisation of its own: whoever works with it must not find it open to
/// everybody. Answers whether the tokens are there.
pub async fn add_tokens(store: &Store<NativeDatabase>) -> Result<bool> {
    if !has_tokens(store).await? && !store.divisions().await?.is_empty() {
        return Ok(false);
    }
    for role in &ROLES {
        let hash = sha256_hex(role.token.as_bytes());
        if store.token(&hash).await?.is_none() {
            store.add_token(&hash, role.name, role.rights, now()).await?;
        }
    }
    Ok(true)
}

/// Whether anybody who has read this program can log in.
pub async fn has_tokens(store: &Store<NativeDatabase>) -> Result<bool> {
    for role in &ROLES {
        if store.token(&sha256_hex(role.token.as_bytes())).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Starts the simulator with its objects beside the database.
pub async fn start_billing(location: &Location, folder: &Path) -> Result<RunningSimulator> {
    let database = match location {
        Location::Sqlite(path) => path.with_file_name("billmaster.db"),
        Location::Postgres { .. } => folder.join(".oms/billmaster.db"),
    };
    if let Some(parent) = database.parent() {
        std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    let options = |port: u16| Options {
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
        database: database.clone(),
        token: String::new(),
    };
    match billmaster_simulator::start(options(BILLING_PORT)).await {
        Ok(simulator) => Ok(simulator),
        // The usual port is taken: any other does.
        Err(_) => billmaster_simulator::start(options(0)).await,
    }
}

/// Sets up the organisation and the orders of a server that has none. A start that was cut short is taken up again; an
/// organisation that somebody has changed since is theirs.
pub async fn seed(url: &str, output: Output) -> Result<()> {
    let client = Client::builder().timeout(ANSWER_TIME_MAX).build()?;
    let request = |method: Method, path: &str| {
        client.request(method, format!("{url}{path}")).bearer_auth(ADMINISTRATOR)
    };
    let divisions = sent(request(Method::GET, "/api/v1/divisions")).await?;
    let found = divisions["items"].as_array().cloned().unwrap_or_default();
    if !found.is_empty() && !is_demo(&found) {
        return Ok(());
    }
    let orders: Vec<&str> = ORDERS.lines().filter(|line| !line.trim().is_empty()).collect();
    let registered = sent(request(Method::GET, "/api/v1/orders?limit=1&count=true")).await?;
    let registered = registered["total"].as_u64().context("the server does not count orders")?;
    if !found.is_empty() && registered >= orders.len() as u64 {
        return Ok(());
    }
    output.progress("setting up the demo operator");
    for (path, content) in [("/api/v1/divisions", DIVISIONS), ("/api/v1/coverage", COVERAGE)] {
        let request = request(Method::PUT, path).header("content-type", "text/csv");
        sent(request.body(content)).await?;
    }
    for (index, order) in orders.into_iter().enumerate() {
        let request = request(Method::POST, "/api/v1/orders")
            .header("content-type", "application/json")
            .header("idempotency-key", format!("demo-{index}"));
        let (status, answer) = answered(request.body(order)).await?;
        // A conflict: it is there since an earlier start.
        if !status.is_success() && status != StatusCode::CONFLICT {
            bail!("the demo can't be set up: an order was answered {status}: {answer}");
        }
    }
    Ok(())
}

/// Whether these are the divisions of the demo.
fn is_demo(divisions: &[Value]) -> bool {
    let codes = DIVISIONS.lines().skip(1).filter_map(|line| line.split(',').next());
    let codes: BTreeSet<&str> = codes.collect();
    codes == divisions.iter().filter_map(|division| division["code"].as_str()).collect()
}

async fn sent(request: RequestBuilder) -> Result<Value> {
    let (status, answer) = answered(request).await?;
    if !status.is_success() {
        bail!("the demo can't be set up: the server answered {status}: {answer}");
    }
    Ok(answer)
}

async fn answered(request: RequestBuilder) -> Result<(StatusCode, Value)> {
    let answer = request.send().await.context("the demo can't be set up")?;
    let status = answer.status();
    let bytes = answer.bytes().await.context("the demo can't be set up")?;
    let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_else(|_| text())))
}

/// What a person types or clicks next.
pub fn print_links(url: &str, output: Output) {
    output.line("log in as");
    for role in &ROLES {
        output.line(&format!("  {:<14} {url}/login?token={}", role.name, role.token));
    }
    output.line("try docs/first-order.md with");
    output.line(&format!("  export OMS_SERVER={url} OMS_TOKEN={ADMINISTRATOR}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::open;
    use oms_domain::division::Division;
    use oms_domain::registration::Registration;
    use serde_json::json;

    #[test]
    fn every_demo_order_is_a_sound_registration() {
        let orders: Vec<&str> = ORDERS.lines().filter(|line| !line.trim().is_empty()).collect();
        assert!(orders.len() >= 8, "{}", orders.len());
        for line in orders {
            let document = serde_json::from_str(line).expect(line);
            let read = Registration::read(&document, now());
            assert!(read.is_ok(), "{line}\n{read:?}");
        }
    }
    #[tokio::test]
    async fn tokens_that_everybody_knows_come_into_a_new_database_only() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let new = open(&format!("sqlite:{}/new.db", folder.path().display())).await?;
        oms_store::migrate::migrate(new.database()).await?;
        assert!(!has_tokens(&new).await?);
        assert!(add_tokens(&new).await? && has_tokens(&new).await?);
        assert!(add_tokens(&new).await?, "again");

        let used = open(&format!("sqlite:{}/used.db", folder.path().display())).await?;
        oms_store::migrate::migrate(used.database()).await?;
        let branch = Division {
            code: "office".to_owned(),
            parent_code: None,
            name: "Office".to_owned(),
            kind: "branch".to_owned(),
            timezone: "Asia/Tashkent".to_owned(),
            email: None,
            head: None,
        };
        used.replace_divisions(&[branch]).await?;
        assert!(!add_tokens(&used).await? && !has_tokens(&used).await?);
        Ok(())
    }

    #[test]
    fn the_organisation_of_the_demo_is_known_by_its_divisions() {
        let codes = DIVISIONS.lines().skip(1).filter_map(|line| line.split(',').next());
        let mut divisions: Vec<Value> = codes.map(|code| json!({ "code": code })).collect();
        assert!(divisions.len() >= 9 && is_demo(&divisions));
        divisions.push(json!({ "code": "another" }));
        assert!(!is_demo(&divisions) && !is_demo(&[]));
    }
}
