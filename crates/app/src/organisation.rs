//! The organisation and its coverage are read and swapped.

use crate::AppError;
use crate::coverage::examine;
use crate::ports::{Orders, Organisation, RegistrationQuery};
use crate::read::require;
use crate::register::coverage;
use crate::scoped::require_everywhere;
use oms_domain::catalogue::Service;
use oms_domain::division::{self, Division};
use oms_domain::input::Fault;
use oms_domain::rights::{Actor, Right};
use oms_domain::routing::{Coverage, CoverageRule, PreparedRules, Query};
use std::collections::BTreeSet;

pub async fn divisions<P: Organisation>(
    ports: &P,
    actor: &Actor,
) -> Result<Vec<Division>, AppError> {
    require(actor, Right::OrganisationRead)?;
    Ok(ports.divisions().await?)
}

/// Checks a whole tree and swaps it at once, or changes nothing.
pub async fn replace_divisions<P: Organisation>(
    ports: &P,
    actor: &Actor,
    divisions: Vec<Division>,
) -> Result<usize, AppError> {
    require_everywhere(actor, Right::OrganisationWrite)?;
    let mut faults = division::check_tree(&divisions);
    let codes: BTreeSet<&str> = divisions.iter().map(|division| division.code.as_str()).collect();
    for code in ports.divisions_in_use().await? {
        if !codes.contains(code.as_str()) {
            let message = format!(
                "Division {code:?} has coverage rules, technicians, open orders or grants; keep it, or change those first."
            );
            faults.push(Fault {
                pointer: String::new(),
                code: "division-in-use".to_owned(),
                message,
            });
        }
    }
    if !faults.is_empty() {
        return Err(AppError::Invalid(faults));
    }
    ports.replace_divisions(&divisions).await?;
    Ok(divisions.len())
}

pub async fn rules<P: Organisation>(
    ports: &P,
    actor: &Actor,
) -> Result<Vec<CoverageRule>, AppError> {
    require(actor, Right::OrganisationRead)?;
    Ok(ports.coverage().await?)
}

/// Checks all rules and swaps them at once, or changes nothing. `place_of` names the place of a rule in what was sent.
pub async fn replace_coverage<P: Organisation>(
    ports: &P,
    actor: &Actor,
    rules: Vec<CoverageRule>,
    place_of: impl Fn(usize, &str) -> String + Send,
) -> Result<(usize, Vec<String>), AppError> {
    require_everywhere(actor, Right::OrganisationWrite)?;
    let divisions = ports.divisions().await?;
    let (faults, warnings) = examine(&PreparedRules::new(&rules), &rules, &divisions, place_of);
    if !faults.is_empty() {
        return Err(AppError::Invalid(faults));
    }
    let sentence = |warning: Fault| format!("{}: {}", warning.pointer, warning.message);
    let warnings = warnings.into_iter().map(sentence).collect();
    ports.replace_coverage(&rules).await?;
    Ok((rules.len(), warnings))
}

/// Who operates an address, and why.
pub async fn lookup<P: Orders>(
    ports: &P,
    actor: &Actor,
    place: Query,
) -> Result<Coverage, AppError> {
    Ok(lookup_each(ports, actor, place).await?.0)
}

/// Who operates an address for all services of the query together, and for each on its own.
pub async fn lookup_each<P: Orders>(
    ports: &P,
    actor: &Actor,
    place: Query,
) -> Result<(Coverage, Vec<(Service, Coverage)>), AppError> {
    require(actor, Right::OrganisationRead)?;
    let query = RegistrationQuery {
        idempotency_key: None,
        duplicate_key: None,
        import_key: None,
        place,
        scenario_for: None,
        makers: Vec::new(),
    };
    let found = ports.registration_context(&query).await?;
    let of = |service: &Service| {
        let place = query.place.place.clone();
        let alone = Query { place, services: BTreeSet::from([*service]) };
        (*service, coverage(found.clone(), &alone))
    };
    let each = query.place.services.iter().map(of).collect();
    Ok((coverage(found, &query.place), each))
}
