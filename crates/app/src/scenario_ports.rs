//! What the use cases of individual scenarios need of the world.

use crate::ports::{Cursor, StoreError};
use oms_domain::order::{OrderKind, ScenarioReference};
use oms_domain::party::PartyType;
use oms_domain::scenario::{self, LocalText, Scenario, ScenarioState};
use oms_domain::time::Instant;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

/// A version of an individual scenario as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioEntry {
    pub code: String,
    pub version: u32,
    pub state: ScenarioState,
    /// Counts every change of this version; its ETag. Starts with 1.
    pub revision: i64,
    pub name: LocalText,
    pub order_kind: OrderKind,
    pub party_type: Option<PartyType>,
    pub created: Signature,
    /// When the draft was written last.
    pub changed: Signature,
    pub published: Option<Signature>,
    pub retired: Option<Signature>,
}

/// When something was done, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub at: Instant,
    pub by: String,
}

/// The operator's own scenarios.
pub trait Scenarios: Sync {
    /// A version that is or was published. Those never change, so it is read once and kept.
    fn published_scenario(
        &self,
        code: &str,
        version: u32,
    ) -> impl Future<Output = Result<Option<Arc<Scenario>>, StoreError>> + Send;

    /// Any version with what lists show of it.
    fn scenario(
        &self,
        code: &str,
        version: u32,
    ) -> impl Future<Output = Result<Option<(ScenarioEntry, Scenario)>, StoreError>> + Send;

    /// Versions by code and number, after one of them (the cursor's value is the number).
    fn scenarios(
        &self,
        state: Option<ScenarioState>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<ScenarioEntry>, StoreError>> + Send;

    /// Replaces the draft of the scenario's code, or begins one with the number after the last, and after `version_after`.
    /// Answers the version.
    fn put_draft(
        &self,
        scenario: &Scenario,
        version_after: u32,
        signature: &Signature,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;

    /// Replaces a draft that is still at this revision; false: it is not.
    fn replace_draft(
        &self,
        scenario: &Scenario,
        revision: i64,
        signature: &Signature,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Removes a draft that is still at this revision; false: it is not.
    fn delete_draft(
        &self,
        code: &str,
        version: u32,
        revision: i64,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Publishes a draft, or retires what is published, if it is still at this revision; false: it is not.
    fn move_scenario(
        &self,
        code: &str,
        version: u32,
        to: ScenarioState,
        revision: i64,
        signature: &Signature,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// The scenario of an order.
#[derive(Debug, Clone)]
pub enum KnownScenario {
    BuiltIn(&'static Scenario),
    Individual(Arc<Scenario>),
}

impl Deref for KnownScenario {
    type Target = Scenario;

    fn deref(&self) -> &Scenario {
        match self {
            KnownScenario::BuiltIn(scenario) => scenario,
            KnownScenario::Individual(scenario) => scenario,
        }
    }
}

/// The scenario that an order names; None: it is not known here any more.
pub async fn known<P: Scenarios>(
    ports: &P,
    reference: &ScenarioReference,
) -> Result<Option<KnownScenario>, StoreError> {
    let (code, version) = (&reference.code, reference.version);
    if let Some(built_in) = scenario::find(code, version) {
        return Ok(Some(KnownScenario::BuiltIn(built_in)));
    }
    Ok(ports.published_scenario(code, version).await?.map(KnownScenario::Individual))
}
