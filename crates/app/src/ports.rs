//! What the use cases need of the world. Implemented by `oms-store` over SQLite and PostgreSQL.

use oms_domain::access::{Holder, Reach};
use oms_domain::calendar::{Calendar, Calendars};
use oms_domain::decide::Decision;
use oms_domain::division::{Division, Neighbourhood};
use oms_domain::effect::{EffectKind, EffectState};
use oms_domain::event::Event;
use oms_domain::order::{Document, Order, OrderKind};
use oms_domain::party::PartyType;
use oms_domain::projection::Medians;
use oms_domain::rights::Right;
use oms_domain::routing::{CoverageRule, Query};
use oms_domain::scenario::Scenario;
use oms_domain::service::ServiceRecord;
use oms_domain::time::Instant;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use thiserror::Error;

/// The database did not do its work. The text is for the log, not for callers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Not reached, busy, or out of space: the same call may succeed later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// What is stored cannot be read: our bug, or somebody changed it by hand.
    #[error("the database holds what cannot be read: {0}")]
    Corrupt(String),
}

/// Why a save changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SaveError {
    #[error("somebody else changed the order first")]
    Stale,
    #[error("the order number is taken")]
    NumberTaken,
    #[error("the Idempotency-Key is taken")]
    IdempotencyKeyTaken,
    #[error("the same request is open already")]
    DuplicateOpen,
    #[error("the order was imported already")]
    AlreadyImported,
    #[error("the lease on the effect was lost")]
    LeaseLost,
    #[error("the technician was booked by somebody else first")]
    SlotTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a caller names an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderReference {
    Id(String),
    Number(String),
}

impl OrderReference {
    /// None: neither a UUID nor an order number.
    pub fn parse(text: &str) -> Option<OrderReference> {
        if let Some(number) = oms_domain::number::parse_order_number(text) {
            return Some(OrderReference::Number(number));
        }
        let id = uuid::Uuid::try_parse(text).ok()?;
        Some(OrderReference::Id(id.to_string()))
    }
}

/// An order with what its next decision depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedOrder {
    pub order: Order,
    /// Around the division that operates the address; of others, the one that has the order and those of its services.
    pub neighbourhood: Neighbourhood,
    /// Path of the division that has the order; None: it is no longer in the tree.
    pub division_path: Option<String>,
    /// Of other divisions that have a task of its stage, open or done: code and path.
    pub task_paths: Vec<(String, String)>,
    /// When its divisions work.
    pub calendars: Calendars,
    /// Its scenario, when that is one of the operator's own; None: it is built in, or not known.
    pub individual_scenario: Option<Arc<Scenario>>,
    /// What the stages of its scenario took other orders.
    pub medians: Medians,
}

/// What a registration looks up, all of it in one statement.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistrationQuery {
    pub idempotency_key: Option<String>,
    pub duplicate_key: Option<String>,
    pub import_key: Option<String>,
    pub place: Query,
    /// For which orders a scenario is looked for.
    pub scenario_for: Option<(OrderKind, Option<PartyType>)>,
    /// Numbers of the orders that made the services which the items name.
    pub makers: Vec<String>,
}

/// What a registration found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RegistrationContext {
    pub replay: Option<Replay>,
    /// Id and number of the open order that asks for the same.
    pub duplicate: Option<(String, String)>,
    /// Id and number of the order that was imported from the same source and key.
    pub imported: Option<(String, String)>,
    /// Rules that may match.
    pub candidates: Vec<CoverageRule>,
    /// Around each candidate's division and around the root; the first entry of each is its start.
    pub neighbourhoods: Vec<Neighbourhood>,
    /// Calendars that divisions of the neighbourhoods have of their own.
    pub calendars: Vec<(String, Calendar)>,
    /// Code of the root; None: there is no organisation yet.
    pub root: Option<String>,
    /// The operator's own scenario for the order; None: the built-in one.
    pub individual_scenario: Option<Arc<Scenario>>,
    /// What the stages of the scenarios that the order may take took other orders, by the scenario's code.
    pub medians: BTreeMap<String, Medians>,
    /// What the makers tell of their services, and what later orders of their parties did to services.
    pub services: Vec<ServiceRecord>,
}

/// The answer that an Idempotency-Key got the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    pub body_sha256: String,
    pub response: String,
}

/// One atomic step: state, events, effects and what belongs to them, or nothing.
#[derive(Debug, Clone)]
pub struct Save<'a> {
    pub decision: &'a Decision,
    /// The version that the decision was made on; 0 for a new order.
    pub expected_version: i64,
    /// None: the order is nobody's duplicate.
    pub duplicate_key: Option<String>,
    pub import_key: Option<String>,
    pub idempotency: Option<NewIdempotencyKey>,
    /// The effect that this decision settles.
    pub settlement: Option<Settlement>,
    /// Documents that the order gains.
    pub documents: Vec<Document>,
    /// Notices to divisions.
    pub escalations: Vec<Escalation>,
    pub now: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdempotencyKey {
    pub key: String,
    pub body_sha256: String,
    pub response: String,
}

/// How an effect ended. With a lease only its holder can settle it; without, a person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub effect: String,
    pub lease: Option<String>,
    pub state: EffectState,
    pub error: Option<String>,
}

/// A deadline as a division is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    pub id: String,
    pub division: String,
    pub email: Option<String>,
    pub stage: String,
    pub due_at: Option<Instant>,
}

/// Which orders a list shows. Absent: all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter {
    pub kind: Option<String>,
    pub state: Option<String>,
    pub stage: Option<String>,
    pub division: Option<String>,
    pub assignee: Option<String>,
    pub channel: Option<String>,
    pub external_id: Option<String>,
    pub created_from: Option<Instant>,
    pub created_to: Option<Instant>,
    /// Only those whose deadline has passed at this instant.
    pub overdue_at: Option<Instant>,
    /// Words that must all be found.
    pub terms: Vec<String>,
    /// Only those that one of these reaches; the use case sets it to what the reader may open.
    pub within: Option<Vec<Reach>>,
}

/// By what a list is sorted; each has an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderSort {
    #[default]
    NewestFirst,
    OldestFirst,
    RecentlyChangedFirst,
    DueFirst,
}

impl OrderSort {
    pub const WORDS: &[(&str, OrderSort)] = &[
        ("-registeredAt", OrderSort::NewestFirst),
        ("registeredAt", OrderSort::OldestFirst),
        ("-updatedAt", OrderSort::RecentlyChangedFirst),
        ("dueAt", OrderSort::DueFirst),
    ];
}

/// Where a list goes on: the sorted value and the id of the last entry seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub value: i64,
    pub id: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPageQuery {
    pub filter: OrderFilter,
    pub sort: OrderSort,
    pub after: Option<Cursor>,
    pub limit: u32,
}

/// A page of orders, and the total when it was asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OrderPage {
    pub orders: Vec<Order>,
    pub next: Option<Cursor>,
}

/// An effect as its executor gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedEffect {
    pub id: String,
    pub order_id: String,
    pub kind: EffectKind,
    pub payload: Value,
    /// Attempts including this one.
    pub attempts: i64,
    pub lease: String,
}

/// An effect as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRecord {
    pub id: String,
    pub order_id: String,
    pub order_number: String,
    pub kind: EffectKind,
    pub state: EffectState,
    pub payload: Value,
    pub attempts: i64,
    pub next_attempt_at: Option<Instant>,
    pub last_error: Option<String>,
    pub created_at: Instant,
    pub settled_at: Option<Instant>,
}

/// Orders: read, and changed by [`Orders::save`] alone.
pub trait Orders: crate::workforce::Workforces + Sync {
    fn registration_context(
        &self,
        query: &RegistrationQuery,
    ) -> impl Future<Output = Result<RegistrationContext, StoreError>> + Send;

    fn load(
        &self,
        reference: &OrderReference,
    ) -> impl Future<Output = Result<Option<LoadedOrder>, StoreError>> + Send;

    /// The order alone, without what a decision needs.
    fn find(
        &self,
        reference: &OrderReference,
    ) -> impl Future<Output = Result<Option<Order>, StoreError>> + Send;

    fn save(&self, save: Save<'_>) -> impl Future<Output = Result<(), SaveError>> + Send;

    fn page(
        &self,
        query: &OrderPageQuery,
    ) -> impl Future<Output = Result<OrderPage, StoreError>> + Send;

    /// How many orders a filter finds, counted up to `limit`.
    fn count(
        &self,
        filter: &OrderFilter,
        limit: u32,
    ) -> impl Future<Output = Result<i64, StoreError>> + Send;

    /// Events after a sequence number, oldest first.
    fn history(
        &self,
        order_id: &str,
        after: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Event>, StoreError>> + Send;

    /// Orders at which somebody must look by now: missed deadlines, ended holds. Those longest due first, after one that was
    /// found before.
    fn due(
        &self,
        now: Instant,
        after: Option<&Cursor>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Cursor>, StoreError>> + Send;
}

/// The outbox.
pub trait Effects: Sync {
    /// Takes effects whose time has come under a lease of this name; nobody else gets them before it ends.
    fn claim(
        &self,
        kinds: &[EffectKind],
        lease: &str,
        now: Instant,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<ClaimedEffect>, StoreError>> + Send;

    /// Gives back effects that are still held under a lease, as if they had not been claimed: no attempt is counted.
    fn release(
        &self,
        effects: &[&str],
        lease: &str,
        now: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives an effect back for another attempt at a later time.
    fn postpone(
        &self,
        effect: &str,
        lease: &str,
        error: &str,
        next_attempt_at: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    fn effects(
        &self,
        state: Option<EffectState>,
        order_id: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<EffectRecord>, StoreError>> + Send;

    fn effect(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<EffectRecord>, StoreError>> + Send;

    /// Kinds of which at least one effect is due.
    fn due_kinds(
        &self,
        now: Instant,
    ) -> impl Future<Output = Result<Vec<EffectKind>, StoreError>> + Send;

    /// Removes Idempotency-Keys older than this.
    fn forget_idempotency_keys(
        &self,
        before: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The bytes of documents, by their SHA-256.
pub trait Documents: Sync {
    /// Keeps bytes; keeping the same bytes again changes nothing.
    fn put_content(
        &self,
        sha256: &str,
        content: &[u8],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// A document's description and the id of its order.
    fn document(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<(Document, String)>, StoreError>> + Send;

    fn content(
        &self,
        sha256: &str,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}

/// Divisions and what they cover.
pub trait Organisation: Sync {
    fn divisions(&self) -> impl Future<Output = Result<Vec<Division>, StoreError>> + Send;

    /// Swaps the whole tree at once.
    fn replace_divisions(
        &self,
        divisions: &[Division],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Codes of divisions that coverage rules, technicians or open orders name.
    fn divisions_in_use(&self) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    fn coverage(&self) -> impl Future<Output = Result<Vec<CoverageRule>, StoreError>> + Send;

    /// Swaps all rules at once.
    fn replace_coverage(
        &self,
        rules: &[CoverageRule],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    fn division(
        &self,
        code: &str,
    ) -> impl Future<Output = Result<Option<Division>, StoreError>> + Send;
}

/// Tokens of programs and of the demo, and sessions of people.
pub trait Tokens: Sync {
    /// Whose token it is and what it gives; None: it is not known, or was revoked.
    fn token(
        &self,
        sha256: &str,
    ) -> impl Future<Output = Result<Option<Holder>, StoreError>> + Send;

    /// Whose session it is and what their grants give, with those of the absent for whom they stand in; None: it is not
    /// known, has ended, or is of somebody who may not log in any more.
    fn session(
        &self,
        sha256: &str,
        now: Instant,
    ) -> impl Future<Output = Result<Option<Holder>, StoreError>> + Send;

    fn add_token(
        &self,
        sha256: &str,
        name: &str,
        rights: &[Right],
        now: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The database itself.
pub trait Health: Sync {
    /// The newest migration that was applied; None: none.
    fn schema_version(&self) -> impl Future<Output = Result<Option<i64>, StoreError>> + Send;
}

/// All of them.
pub trait Ports: Orders + Effects + Documents + Organisation + Tokens + Health + Send {}
impl<T: Orders + Effects + Documents + Organisation + Tokens + Health + Send> Ports for T {}
