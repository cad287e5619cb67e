//! An operator's own scenarios are written, published and retired: for the whole organisation, so the right is needed
//! everywhere.

use crate::AppError;
use crate::ports::{Cursor, Organisation};
use crate::read::require;
use crate::scenario_ports::{ScenarioEntry, Scenarios, Signature};
use crate::scoped::require_everywhere;
use oms_domain::input::Fault;
use oms_domain::limits::{BUILT_IN_VERSION_MAX, STALE_RETRIES_MAX};
use oms_domain::rejection::Rejection;
use oms_domain::rights::{Actor, Right};
use oms_domain::scenario::{self, Scenario, ScenarioState};
use oms_domain::time::Instant;

/// A scenario after something was done with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub entry: ScenarioEntry,
    /// What keeps a draft from being published, and what is to be looked at again.
    pub warnings: Vec<Fault>,
}

/// A version of a scenario, built in or individual.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub scenario: Scenario,
    /// None: it comes with the product.
    pub entry: Option<ScenarioEntry>,
}

/// One version; the built-in ones are among them.
pub async fn one<P: Scenarios>(
    ports: &P,
    actor: &Actor,
    code: &str,
    version: u32,
) -> Result<Found, AppError> {
    require(actor, Right::ScenariosRead)?;
    if let Some(built_in) = scenario::find(code, version) {
        return Ok(Found { scenario: built_in.clone(), entry: None });
    }
    let (entry, scenario) = stored(ports, code, version).await?;
    Ok(Found { scenario, entry: Some(entry) })
}

/// Individual versions by code and number.
pub async fn list<P: Scenarios>(
    ports: &P,
    actor: &Actor,
    state: Option<ScenarioState>,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Vec<ScenarioEntry>, AppError> {
    require(actor, Right::ScenariosRead)?;
    Ok(ports.scenarios(state, after, limit).await?)
}

/// Begins the next version of the scenario's code as a draft, or replaces the draft that there is. Whatever the code, it is
/// numbered after all that the product may ever have. Its faults are no obstacle yet, but its code must be one: it stands
/// in addresses.
pub async fn create<P: Scenarios + Organisation>(
    ports: &P,
    actor: &Actor,
    mut scenario: Scenario,
    now: Instant,
) -> Result<Outcome, AppError> {
    require_everywhere(actor, Right::ScenariosWrite)?;
    let (of_code, faults): (Vec<Fault>, Vec<Fault>) =
        scenario::check(&scenario).into_iter().partition(|fault| fault.pointer == "/code");
    if !of_code.is_empty() {
        return Err(AppError::Invalid(of_code));
    }
    let signature = Signature { at: now, by: actor.name.clone() };
    scenario.version = ports.put_draft(&scenario, BUILT_IN_VERSION_MAX, &signature).await?;
    outcome(ports, &scenario, faults).await
}

/// Replaces a draft on the revision that the caller has seen; None: whatever it is like.
pub async fn replace<P: Scenarios + Organisation>(
    ports: &P,
    actor: &Actor,
    scenario: Scenario,
    seen: Option<i64>,
    now: Instant,
) -> Result<Outcome, AppError> {
    require_everywhere(actor, Right::ScenariosWrite)?;
    let signature = Signature { at: now, by: actor.name.clone() };
    for _ in 0..STALE_RETRIES_MAX {
        let entry = draft(ports, &scenario.code, scenario.version, seen).await?.0;
        if ports.replace_draft(&scenario, entry.revision, &signature).await? {
            return outcome(ports, &scenario, scenario::check(&scenario)).await;
        }
    }
    Err(AppError::Busy)
}

/// Removes a draft.
pub async fn delete<P: Scenarios>(
    ports: &P,
    actor: &Actor,
    code: &str,
    version: u32,
    seen: Option<i64>,
) -> Result<(), AppError> {
    require_everywhere(actor, Right::ScenariosWrite)?;
    for _ in 0..STALE_RETRIES_MAX {
        let entry = draft(ports, code, version, seen).await?.0;
        if ports.delete_draft(code, version, entry.revision).await? {
            return Ok(());
        }
    }
    Err(AppError::Busy)
}

/// Publishes a draft without faults: from now on new orders of its kind and party take it. Publishing again changes
/// nothing.
pub async fn publish<P: Scenarios + Organisation>(
    ports: &P,
    actor: &Actor,
    code: &str,
    version: u32,
    seen: Option<i64>,
    now: Instant,
) -> Result<Outcome, AppError> {
    require_everywhere(actor, Right::ScenariosWrite)?;
    let signature = Signature { at: now, by: actor.name.clone() };
    for _ in 0..STALE_RETRIES_MAX {
        let (entry, scenario) = individual(ports, code, version).await?;
        if entry.state != ScenarioState::Published {
            let (entry, scenario) = draft(ports, code, version, seen).await?;
            let faults = scenario::check(&scenario);
            if !faults.is_empty() {
                return Err(AppError::Invalid(faults));
            }
            let to = ScenarioState::Published;
            if !ports.move_scenario(code, version, to, entry.revision, &signature).await? {
                continue;
            }
        }
        return outcome(ports, &scenario, Vec::new()).await;
    }
    Err(AppError::Busy)
}

/// Retires a published version: its orders stay in it, new ones take the newest that is still published, the built-in one
/// at last. Retiring again changes nothing.
pub async fn retire<P: Scenarios>(
    ports: &P,
    actor: &Actor,
    code: &str,
    version: u32,
    now: Instant,
) -> Result<ScenarioEntry, AppError> {
    require_everywhere(actor, Right::ScenariosWrite)?;
    let signature = Signature { at: now, by: actor.name.clone() };
    for _ in 0..STALE_RETRIES_MAX {
        let entry = individual(ports, code, version).await?.0;
        match entry.state {
            ScenarioState::Retired => return Ok(entry),
            ScenarioState::Draft => {
                let (code, state) = (code.to_owned(), entry.state.code());
                return Err(Rejection::ScenarioNotPublished { code, version, state }.into());
            }
            ScenarioState::Published => {
                let to = ScenarioState::Retired;
                ports.move_scenario(code, version, to, entry.revision, &signature).await?;
            }
        }
    }
    Err(AppError::Busy)
}

async fn outcome<P: Scenarios + Organisation>(
    ports: &P,
    scenario: &Scenario,
    mut warnings: Vec<Fault>,
) -> Result<Outcome, AppError> {
    warnings.extend(scenario::check_organisation(scenario, &ports.divisions().await?));
    let entry = stored(ports, &scenario.code, scenario.version).await?.0;
    Ok(Outcome { entry, warnings })
}

/// A draft at the revision that the caller has seen.
async fn draft<P: Scenarios>(
    ports: &P,
    code: &str,
    version: u32,
    seen: Option<i64>,
) -> Result<(ScenarioEntry, Scenario), AppError> {
    let (entry, scenario) = individual(ports, code, version).await?;
    if entry.state != ScenarioState::Draft {
        let (code, state) = (code.to_owned(), entry.state.code());
        return Err(Rejection::ScenarioNotDraft { code, version, state }.into());
    }
    if seen.is_some_and(|seen| seen != entry.revision) {
        return Err(AppError::StaleList { current: entry.revision });
    }
    Ok((entry, scenario))
}

/// A stored version; a built-in one is refused.
async fn individual<P: Scenarios>(
    ports: &P,
    code: &str,
    version: u32,
) -> Result<(ScenarioEntry, Scenario), AppError> {
    if scenario::find(code, version).is_some() {
        let code = code.to_owned();
        return Err(Rejection::ScenarioBuiltIn { code, version }.into());
    }
    stored(ports, code, version).await
}

async fn stored<P: Scenarios>(
    ports: &P,
    code: &str,
    version: u32,
) -> Result<(ScenarioEntry, Scenario), AppError> {
    ports.scenario(code, version).await?.ok_or_else(|| {
        let shown: String = code.chars().take(64).collect();
        AppError::NotFound { what: format!("Scenario {shown} version {version}") }
    })
}
