//! The organisation and its coverage are read and swapped.

use crate::AppError;
use crate::ports::{Orders, Organisation, RegistrationQuery};
use crate::read::require;
use crate::register::coverage;
use oms_domain::division::{self, Division};
use oms_domain::input::Fault;
use oms_domain::limits::COVERAGE_RULES_MAX;
use oms_domain::rights::{Actor, Right};
use oms_domain::routing::{Coverage, CoverageRule, Query, check_rule, conflicts};
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
    require(actor, Right::OrganisationWrite)?;
    let mut faults = division::check_tree(&divisions);
    let codes: BTreeSet<&str> = divisions.iter().map(|division| division.code.as_str()).collect();
    for code in ports.divisions_in_use().await? {
        if !codes.contains(code.as_str()) {
            let message = format!(
                "Division {code:?} has coverage rules or open orders; keep it, or change those first."
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

/// Checks all rules and swaps them at once, or changes nothing. `line_of` names the place of a rule in what was sent.
pub async fn replace_coverage<P: Organisation>(
    ports: &P,
    actor: &Actor,
    rules: Vec<CoverageRule>,
    place_of: impl Fn(usize, &str) -> String + Send,
) -> Result<(usize, Vec<String>), AppError> {
    require(actor, Right::OrganisationWrite)?;
    let mut faults = Vec::new();
    let mut fault = |index: usize, column: &str, code: &str, message: String| {
        faults.push(Fault { pointer: place_of(index, column), code: code.to_owned(), message });
    };
    if rules.len() > COVERAGE_RULES_MAX {
        let message = format!("At most {COVERAGE_RULES_MAX} rules.");
        fault(COVERAGE_RULES_MAX, "division_code", "too-many", message);
    }
    let divisions = ports.divisions().await?;
    let codes: BTreeSet<&str> = divisions.iter().map(|division| division.code.as_str()).collect();
    for (index, rule) in rules.iter().enumerate() {
        if !codes.contains(rule.division_code.as_str()) {
            let message = format!("There is no division {:?}.", rule.division_code);
            fault(index, "division_code", "unknown-division", message);
        }
        for (column, message) in check_rule(rule) {
            fault(index, column, "invalid-rule", message);
        }
    }
    for (first, second, example) in conflicts(&rules) {
        let message = format!(
            "This rule and the one of {} at {} are equally specific for {example}; make one of them more specific.",
            rules[first].division_code,
            place_of(first, "division_code"),
        );
        fault(second, "division_code", "ambiguous-coverage", message);
    }
    if !faults.is_empty() {
        return Err(AppError::Invalid(faults));
    }
    let mut seen = BTreeSet::new();
    let warnings = rules.iter().enumerate().filter_map(|(index, rule)| {
        let repeated = !seen.insert(format!("{rule:?}"));
        repeated.then(|| {
            format!("{}: the rule {} is there twice.", place_of(index, ""), rule.describe())
        })
    });
    let warnings = warnings.collect();
    ports.replace_coverage(&rules).await?;
    Ok((rules.len(), warnings))
}

/// Who operates an address, and why.
pub async fn lookup<P: Orders>(
    ports: &P,
    actor: &Actor,
    place: Query,
) -> Result<Coverage, AppError> {
    require(actor, Right::OrganisationRead)?;
    let query =
        RegistrationQuery { idempotency_key: None, duplicate_key: None, import_key: None, place };
    let found = ports.registration_context(&query).await?;
    Ok(coverage(found, &query.place))
}
