//! `oms doctor`: what is wrong with an installation, and what to do about it.

use crate::database::open;
use crate::output::Output;
use crate::token::now;
use anyhow::Result;
use clap::Args;
use oms_app::ports::{Effects, Health, Organisation};
use oms_domain::effect::EffectState;
use oms_store::SCHEMA_VERSION;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Look at a database and say what is wrong.
#[derive(Debug, Args)]
#[command(after_help = "Example: oms doctor --database sqlite:.spin/sqlite_db.db")]
pub struct Doctor {
    /// `sqlite:PATH` or `postgres://…`.
    #[arg(long, env = "OMS_DATABASE", hide_env_values = true)]
    database: String,
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    /// What is the case, and what to do when it is wrong.
    sentence: String,
    sound: bool,
}

pub async fn run(command: Doctor, output: Output) -> Result<ExitCode> {
    let findings = examine(&command.database).await;
    let sound = findings.iter().all(|finding| finding.sound);
    if output.json {
        let entry = |finding: &Finding| -> Value {
            json!({ "what": finding.what, "sound": finding.sound, "sentence": finding.sentence })
        };
        println!(
            "{}",
            json!({ "sound": sound, "findings": findings.iter().map(entry).collect::<Vec<_>>() })
        );
    } else {
        for finding in &findings {
            let mark = if finding.sound { "ok     " } else { "problem" };
            println!("{mark}  {}: {}", finding.what, finding.sentence);
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(url: &str) -> Vec<Finding> {
    let finding = |what, sound, sentence: String| Finding { what, sentence, sound };
    // A file that is not there would be made by opening it.
    if let Ok(crate::database::Location::Sqlite(path)) = crate::database::Location::parse(url)
        && !path.is_file()
    {
        let sentence = format!("there is no file {}; run oms migrate", path.display());
        return vec![finding("database", false, sentence)];
    }
    let store = match open(url).await {
        Ok(store) => store,
        Err(error) => return vec![finding("database", false, format!("{error:#}"))],
    };
    let mut findings = vec![finding("database", true, "reachable".to_owned())];
    let schema = match store.schema_version().await {
        Ok(Some(version)) if version == SCHEMA_VERSION => {
            finding("schema", true, format!("version {version}"))
        }
        Ok(Some(version)) if version > SCHEMA_VERSION => {
            let sentence = format!(
                "version {version}, this program knows {SCHEMA_VERSION}; use a newer program"
            );
            finding("schema", false, sentence)
        }
        Ok(_) => finding("schema", false, "lacks migrations; run oms migrate".to_owned()),
        Err(_) => finding("schema", false, "not there; run oms migrate".to_owned()),
    };
    let has_schema = schema.sound;
    findings.push(schema);
    if has_schema {
        findings.push(match store.divisions().await {
            Ok(divisions) if divisions.is_empty() => {
                let sentence = "no divisions; run oms import divisions and oms import coverage";
                finding("organisation", false, sentence.to_owned())
            }
            Ok(divisions) => {
                finding("organisation", true, format!("{} divisions", divisions.len()))
            }
            Err(error) => finding("organisation", false, error.to_string()),
        });
        findings.push(match crate::demo::has_tokens(&store).await {
            Ok(false) => finding("tokens", true, "none that everybody knows".to_owned()),
            Ok(true) => {
                let sentence = "those of the demo are there, and everybody knows them; \
                                keep it on this machine, and use another database for real work";
                finding("tokens", false, sentence.to_owned())
            }
            Err(error) => finding("tokens", false, error.to_string()),
        });
        findings.push(match store.effects(Some(EffectState::Fallout), None, None, 200).await {
            Ok(effects) if effects.is_empty() => finding("fallout", true, "none".to_owned()),
            Ok(effects) => {
                let sentence = format!(
                    "{} effects failed for good; GET /api/v1/effects?state=fallout lists them",
                    effects.len()
                );
                finding("fallout", false, sentence)
            }
            Err(error) => finding("fallout", false, error.to_string()),
        });
        findings.push(match store.due_kinds(now().plus_minutes(-5)).await {
            Ok(kinds) if kinds.is_empty() => finding("outbox", true, "nothing is late".to_owned()),
            Ok(kinds) => {
                let kinds: Vec<&str> = kinds.into_iter().map(|kind| kind.code()).collect();
                let sentence = format!(
                    "{} effects wait for over five minutes; does anything tick?",
                    kinds.join(", ")
                );
                finding("outbox", false, sentence)
            }
            Err(error) => finding("outbox", false, error.to_string()),
        });
    }
    store.database().close().await;
    findings
}
