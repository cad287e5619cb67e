//! The demo: an operator with divisions, coverage and orders, tokens to log in, and a simulated billing system.
//! All of it is data of `examples/demo`, and part of the program.

use crate::database::Location;
use crate::output::Output;
use crate::token::now;
use anyhow::{Context, Result, bail};
use billmaster_simulator::{Options, RunningSimulator};
use oms_app::hash::sha256_hex;
use oms_app::ports::Tokens;
use oms_domain::rights::Right;
use oms_store::Store;
use oms_store::native::NativeDatabase;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
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
            Right::OrdersAssign,
            Right::OrdersComment,
            Right::DocumentsRead,
            Right::DocumentsWrite,
            Right::OrganisationRead,
            Right::ScenariosRead,
        ],
    },
    Role {
        name: "technician",
        token: "oms_demo_technician",
        rights: &[
            Right::OrdersRead,
            Right::OrdersTechnical,
            Right::OrdersSupport,
            Right::OrdersComment,
            Right::DocumentsRead,
            Right::DocumentsWrite,
            Right::OrganisationRead,
        ],
    },
];

/// Adds the tokens that are not there yet.
pub async fn add_tokens(store: &Store<NativeDatabase>) -> Result<()> {
    for role in &ROLES {
        let hash = sha256_hex(role.token.as_bytes());
        if store.token(&hash).await?.is_none() {
            store.add_token(&hash, role.name, role.rights, now()).await?;
        }
    }
    Ok(())
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

/// Sets up the organisation and the orders of a server, unless it has an organisation already.
pub async fn seed(url: &str, output: Output) -> Result<()> {
    let client = Client::builder().timeout(ANSWER_TIME_MAX).build()?;
    let request = |method: Method, path: &str| {
        client.request(method, format!("{url}{path}")).bearer_auth(ADMINISTRATOR)
    };
    let divisions = sent(request(Method::GET, "/api/v1/divisions")).await?;
    if divisions["items"].as_array().is_some_and(|items| !items.is_empty()) {
        return Ok(());
    }
    output.progress("setting up the demo operator");
    for (path, content) in [("/api/v1/divisions", DIVISIONS), ("/api/v1/coverage", COVERAGE)] {
        let request = request(Method::PUT, path).header("content-type", "text/csv");
        sent(request.body(content)).await?;
    }
    for (index, order) in ORDERS.lines().filter(|line| !line.trim().is_empty()).enumerate() {
        let request = request(Method::POST, "/api/v1/orders")
            .header("content-type", "application/json")
            .header("idempotency-key", format!("demo-{index}"));
        sent(request.body(order)).await?;
    }
    Ok(())
}

async fn sent(request: RequestBuilder) -> Result<Value> {
    let answer = request.send().await?;
    let (status, path) = (answer.status(), answer.url().path().to_owned());
    let bytes = answer.bytes().await?;
    if !status.is_success() {
        bail!(
            "the demo can't be set up: {path} answered {status}: {}",
            String::from_utf8_lossy(&bytes)
        );
    }
    Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// What a person types or clicks next.
pub fn print_links(url: &str) {
    println!("log in as");
    for role in &ROLES {
        println!("  {:<14} {url}/login?token={}", role.name, role.token);
    }
    println!("try docs/first-order.md with");
    println!("  export OMS_SERVER={url} OMS_TOKEN={ADMINISTRATOR}");
}

/// Where the simulator shows its objects.
pub fn print_billing(url: &str) {
    println!("simulated billing system at {url}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use oms_domain::registration::Registration;

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
}
