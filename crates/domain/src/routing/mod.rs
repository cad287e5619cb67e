//! Which division operates an address: coverage rules, the most specific of which wins.

mod check;
mod house;
pub mod normalise;
mod rule;
mod select;
mod specificity;
mod street;

pub use check::{Finding, FindingKind};
pub use house::House;
pub use rule::{CoverageRule, Parity, check_rule, lookup_keys};
pub use select::{PreparedRules, Query, Selection, divisions_by_service, select};
pub use specificity::{Specificity, specificity};
pub use street::{Street, StreetKind};

use crate::catalogue::Service;
use crate::division::{DivisionReference, Neighbourhood};
use serde::{Deserialize, Serialize};

/// Why an order is where it is. Kept with the order, shown to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct RoutingDecision {
    /// The division that operates the address: the winner's, or the root without a rule.
    pub covering: Option<DivisionReference>,
    /// The kind of division that the stage asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_kind: Option<String>,
    pub rule: Option<CoverageRule>,
    /// Rules that match too and are less specific, best first.
    #[serde(default)]
    pub beaten: Vec<CoverageRule>,
    /// Who operates the address for each service, where an order is for several and they differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_service: Vec<ServiceDivision>,
    /// No rule matched: the order waits at the root, where people sort it out.
    pub unmatched: bool,
    /// All of it as a sentence.
    pub reason: String,
}

/// Who operates an address for one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDivision {
    pub service: Service,
    pub division: DivisionReference,
    /// None: no rule matches for this service; it is the root's.
    pub rule: Option<CoverageRule>,
}

/// What is known about an address before a stage asks for its division.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    pub rule: Option<CoverageRule>,
    pub beaten: Vec<CoverageRule>,
    /// Around the covering division, or around the root when no rule matched.
    pub neighbourhood: Neighbourhood,
    /// One entry per service when the divisions of several differ, else none.
    pub by_service: Vec<ServiceDivision>,
}

impl Coverage {
    /// The division for a stage that asks for a kind (None: the covering division itself), and why.
    ///
    /// None: there is no division at all; the organisation must be set up first.
    pub fn division_for(&self, kind: Option<&str>) -> Option<(DivisionReference, RoutingDecision)> {
        let covering = self.neighbourhood.start()?;
        let unmatched = self.rule.is_none();
        // An unmatched order waits where people sort it out, whatever the stage asks for.
        let found = match kind {
            Some(kind) if !unmatched => self.neighbourhood.nearest(kind),
            _ => Some(covering),
        };
        let chosen = found.unwrap_or(covering);
        let mut reason = match &self.rule {
            Some(rule) => {
                format!("{} operates this address: rule {}.", covering.name, rule.describe())
            }
            None => format!(
                "No coverage rule matches this address; the order waits at {}.",
                covering.name
            ),
        };
        if let Some(beaten) =
            self.beaten.first().filter(|beaten| beaten.division_code != covering.code)
        {
            reason.push_str(&format!(
                " It is more specific than rule {} of {}.",
                beaten.describe(),
                beaten.division_code
            ));
        }
        if !self.by_service.is_empty() {
            let each = |one: &ServiceDivision| {
                format!("{} is operated by {}", one.service.code(), one.division.name)
            };
            let all = self.by_service.iter().map(each).collect::<Vec<_>>().join(", ");
            reason.push_str(&format!(
                " Its services have different divisions: {all}; the most specific rule of all decides."
            ));
        }
        if let Some(kind) = kind.filter(|_| !unmatched) {
            if found.is_none() {
                reason.push_str(&format!(
                    " The stage asks for a {kind} division, and there is none up the tree."
                ));
            } else if chosen.code != covering.code {
                reason.push_str(&format!(
                    " The stage asks for a {kind} division; the nearest is {}.",
                    chosen.name
                ));
            }
        }
        let reference = |code: &str, name: &str| DivisionReference {
            code: code.to_owned(),
            name: name.to_owned(),
        };
        let decision = RoutingDecision {
            covering: Some(reference(&covering.code, &covering.name)),
            division_kind: kind.map(str::to_owned),
            rule: self.rule.clone(),
            beaten: self.beaten.clone(),
            by_service: self.by_service.clone(),
            unmatched,
            reason,
        };
        Some((reference(&chosen.code, &chosen.name), decision))
    }
}
