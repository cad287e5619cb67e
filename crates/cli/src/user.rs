//! `oms user`: the staff, looked after from the machine of the database. The first administrator comes from here.

use crate::database::open;
use crate::output::Output;
use crate::token::now;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use oms_app::AppError;
use oms_app::{grants, staff};
use oms_domain::limits::PAGE_ENTRIES_MAX;
use oms_domain::rights::{Actor, Right};
use oms_store::Store;
use oms_store::native::NativeDatabase;
use serde_json::{Value, json};
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

/// The name of this program in the audit.
const NAME: &str = "oms user";

/// The staff: who they are, and what they may.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: oms user add --database sqlite:oms.db --login karimov --name 'Anvar Karimov' --role administrator"
)]
pub struct User {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Args)]
struct Where {
    /// `sqlite:PATH` or `postgres://…`.
    #[arg(long, env = "OMS_DATABASE", hide_env_values = true)]
    database: String,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add somebody. The password is asked for, read from standard input, or taken from OMS_PASSWORD.
    #[command(
        after_help = "Example: oms user add --login karimov --name 'Anvar Karimov' --role operator --division north"
    )]
    Add {
        #[command(flatten)]
        place: Where,
        /// What they type: small letters, digits, dots, hyphens, underscores.
        #[arg(long)]
        login: String,
        #[arg(long)]
        name: String,
        /// A role at once, as with `oms user grant`.
        #[arg(long)]
        role: Option<String>,
        /// Only for this division and all below it.
        #[arg(long, requires = "role")]
        division: Option<String>,
    },
    /// List the staff and their grants.
    #[command(after_help = "Example: oms user list --database sqlite:oms.db")]
    List {
        #[command(flatten)]
        place: Where,
    },
    /// Set a new password, which also ends their sessions and a lock after failed log-ins.
    #[command(after_help = "Example: oms user password --login karimov")]
    Password {
        #[command(flatten)]
        place: Where,
        #[arg(long)]
        login: String,
    },
    /// Give a role, for the whole organisation or a division, for all kinds of orders or some, for good or until a time.
    #[command(
        after_help = "Example: oms user grant --login karimov --role technician --division north --kind connect --until 2027-01-01T00:00:00Z"
    )]
    Grant {
        #[command(flatten)]
        place: Where,
        #[arg(long)]
        login: String,
        #[arg(long)]
        role: String,
        /// Only for this division and all below it.
        #[arg(long)]
        division: Option<String>,
        /// Only for orders of this kind; repeat it for more.
        #[arg(long = "kind")]
        kinds: Vec<String>,
        /// Until when, as 2027-01-01T00:00:00Z.
        #[arg(long)]
        until: Option<String>,
    },
    /// Take a grant away; `oms user list` shows their ids.
    #[command(after_help = "Example: oms user revoke --grant 019ab5c6-0000-7000-8000-000000000001")]
    Revoke {
        #[command(flatten)]
        place: Where,
        #[arg(long)]
        grant: String,
    },
    /// Let nobody log in as this person any more; their sessions end. With --off they may again.
    #[command(after_help = "Example: oms user lock --login karimov")]
    Lock {
        #[command(flatten)]
        place: Where,
        #[arg(long)]
        login: String,
        /// Take the lock away.
        #[arg(long)]
        off: bool,
    },
}

pub async fn run(command: User, output: Output) -> Result<ExitCode> {
    let place = match &command.command {
        UserCommand::Add { place, .. }
        | UserCommand::List { place }
        | UserCommand::Password { place, .. }
        | UserCommand::Grant { place, .. }
        | UserCommand::Revoke { place, .. }
        | UserCommand::Lock { place, .. } => place.database.clone(),
    };
    let store = open(&place).await?;
    let outcome = apply(&store, command.command, output).await;
    store.database().close().await;
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn apply(store: &Store<NativeDatabase>, command: UserCommand, output: Output) -> Result<()> {
    let actor = Actor::with_rights(NAME, &[Right::Admin]);
    match command {
        UserCommand::Add { login, name, role, division, .. } => {
            let document = json!({ "login": login, "name": name, "password": read_password()? });
            staff::add(store, &actor, &document, now()).await.map_err(told)?;
            if let Some(role) = role {
                let document = json!({ "login": login, "role": role, "division": division });
                grants::give(store, &actor, &document, now()).await.map_err(told)?;
            }
            output.outcome(&format!("{login} was added."), &json!({ "login": login }));
        }
        UserCommand::List { .. } => list(store, &actor, output).await?,
        UserCommand::Password { login, .. } => {
            let document = json!({ "password": read_password()? });
            staff::amend(store, &actor, &login, &document, now()).await.map_err(told)?;
            output.outcome(&format!("{login} has a new password."), &json!({ "login": login }));
        }
        UserCommand::Grant { login, role, division, kinds, until, .. } => {
            let document = json!({
                "login": login, "role": role, "division": division, "kinds": kinds, "until": until,
            });
            let grant = grants::give(store, &actor, &document, now()).await.map_err(told)?;
            output.outcome(&grant.id, &json!(grant));
        }
        UserCommand::Revoke { grant, .. } => {
            grants::take(store, &actor, &grant, now()).await.map_err(told)?;
            output.outcome("The grant is gone.", &json!({ "grant": grant }));
        }
        UserCommand::Lock { login, off, .. } => {
            let document = json!({ "active": off });
            staff::amend(store, &actor, &login, &document, now()).await.map_err(told)?;
            let sentence = match off {
                true => format!("{login} may log in again."),
                false => format!("{login} may not log in any more."),
            };
            output.outcome(&sentence, &json!({ "login": login, "active": off }));
        }
    }
    Ok(())
}

async fn list(store: &Store<NativeDatabase>, actor: &Actor, output: Output) -> Result<()> {
    let mut items = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = staff::list(store, actor, after.as_deref(), PAGE_ENTRIES_MAX).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.login.clone());
        for person in &page {
            let login = Some(person.login.as_str());
            let given = grants::grants(store, actor, login, None, PAGE_ENTRIES_MAX).await?;
            let mut item = json!(person);
            item["grants"] = json!(given);
            items.push(item);
        }
    }
    if output.json {
        output.outcome("", &json!({ "items": items }));
        return Ok(());
    }
    for item in &items {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let lock = if item["active"] == json!(true) { "" } else { "  (locked)" };
        output.line(&format!("{:<20} {}{lock}", text(&item["login"]), text(&item["name"])));
        for grant in item["grants"].as_array().into_iter().flatten() {
            let division = grant["division"].as_str().unwrap_or("the whole organisation");
            let until = grant["until"].as_str().map(|until| format!(" until {until}"));
            let kinds: Vec<&str> =
                grant["kinds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let kinds = match kinds.is_empty() {
                true => String::new(),
                false => format!(", {} orders only", kinds.join(", ")),
            };
            let (id, role) = (text(&grant["id"]), text(&grant["role"]));
            let until = until.unwrap_or_default();
            output.line(&format!("  {id}  {role} for {division}{kinds}{until}"));
        }
    }
    Ok(())
}

/// Never an argument: those are seen by everybody on the machine and kept in histories.
fn read_password() -> Result<String> {
    if let Ok(password) = std::env::var("OMS_PASSWORD") {
        return Ok(password);
    }
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").context("the password can't be read");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("the password can't be read")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("give the password on standard input, or in OMS_PASSWORD");
    }
    Ok(password.to_owned())
}

/// All faults of an input in one sentence.
fn told(error: AppError) -> anyhow::Error {
    match error {
        AppError::Invalid(faults) => {
            let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
            anyhow::anyhow!(messages.join(" "))
        }
        error => error.into(),
    }
}
