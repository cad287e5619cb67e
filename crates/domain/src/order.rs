//! The order: a request with items (service, action, characteristics) at an address for a party.

use crate::address::Address;
use crate::catalogue::Service;
use crate::division::DivisionReference;
pub use crate::document::Document;
use crate::effect::EffectKind;
use crate::escalation::{Jeopardy, StageEscalation};
pub use crate::item::{ItemAction, OrderItem, ServiceReference};
use crate::party::Party;
use crate::provisioning::BillingObject;
use crate::routing::RoutingDecision;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OrderKind {
    Connect,
    Disconnect,
    Change,
    Support,
}

impl OrderKind {
    pub const WORDS: &[(&str, OrderKind)] = &[
        ("connect", OrderKind::Connect),
        ("disconnect", OrderKind::Disconnect),
        ("change", OrderKind::Change),
        ("support", OrderKind::Support),
    ];

    pub fn code(self) -> &'static str {
        word(Self::WORDS, self)
    }
}

/// How an order came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    Public,
    Operator,
    Profile,
    Api,
    Import,
}

impl Channel {
    pub const WORDS: &[(&str, Channel)] = &[
        ("public", Channel::Public),
        ("operator", Channel::Operator),
        ("profile", Channel::Profile),
        ("api", Channel::Api),
        ("import", Channel::Import),
    ];

    pub fn code(self) -> &'static str {
        word(Self::WORDS, self)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub enum Priority {
    Low,
    #[default]
    Normal,
    High,
    Urgent,
}

impl Priority {
    pub const WORDS: &[(&str, Priority)] = &[
        ("low", Priority::Low),
        ("normal", Priority::Normal),
        ("high", Priority::High),
        ("urgent", Priority::Urgent),
    ];
}

/// Technical state of an order, in the words of TMF622 (ProductOrderStateType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OrderState {
    Acknowledged,
    Rejected,
    Pending,
    Held,
    InProgress,
    Cancelled,
    Completed,
    Failed,
    Partial,
    AssessingCancellation,
    PendingCancellation,
}

impl OrderState {
    pub const WORDS: &[(&str, OrderState)] = &[
        ("acknowledged", OrderState::Acknowledged),
        ("rejected", OrderState::Rejected),
        ("pending", OrderState::Pending),
        ("held", OrderState::Held),
        ("inProgress", OrderState::InProgress),
        ("cancelled", OrderState::Cancelled),
        ("completed", OrderState::Completed),
        ("failed", OrderState::Failed),
        ("partial", OrderState::Partial),
        ("assessingCancellation", OrderState::AssessingCancellation),
        ("pendingCancellation", OrderState::PendingCancellation),
    ];

    pub fn code(self) -> &'static str {
        word(Self::WORDS, self)
    }

    /// Nothing happens to the order any more.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Rejected | Self::Cancelled | Self::Completed | Self::Failed)
    }

    pub fn is_open(self) -> bool {
        !self.is_closed()
    }

    /// The order has ended, and nothing comes of it, though nobody cancelled it.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Rejected | Self::Failed)
    }
}

/// Where the order is in its scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CurrentStage {
    pub code: String,
    pub name: String,
    pub entered_at: Instant,
    /// When the stage must be left. None: no deadline, or the order is on hold.
    pub due_at: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioReference {
    pub code: String,
    pub version: u32,
}

/// Why nobody works on the order now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    pub reason: String,
    pub since: Instant,
    /// When the hold ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    pub by: String,
    /// The scenario's word for the reason, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// What was left of the stage's deadline, in milliseconds that pass day and night: of holds that began before there
    /// were calendars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_ms: Option<i64>,
    /// What was left of the stage's deadline, in milliseconds of working time, negative when it had passed; it goes on
    /// when the hold ends. None: no deadline, or one that does not stand still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_working_ms: Option<i64>,
}

/// The reason code of orders that wait for their day.
pub(crate) const FUTURE_DATED: &str = "futureDated";

impl Hold {
    /// Whether the order waits for the day on which it is to start, and that has not come yet.
    pub fn waits_for_start(&self, now: Instant) -> bool {
        self.reason_code.as_deref() == Some(FUTURE_DATED)
            && self.until.is_some_and(|until| now < until)
    }
}

/// Where a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TaskState {
    /// Tasks that come before it are not done yet.
    Waiting,
    Open,
    Done,
    /// The order went on without it.
    Cancelled,
}

impl TaskState {
    pub const WORDS: &[(&str, TaskState)] = &[
        ("waiting", TaskState::Waiting),
        ("open", TaskState::Open),
        ("done", TaskState::Done),
        ("cancelled", TaskState::Cancelled),
    ];

    pub fn code(self) -> &'static str {
        word(Self::WORDS, self)
    }
}

/// A piece of work inside a stage, done by a division.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    pub code: String,
    /// The stage it belongs to.
    pub stage: String,
    pub name: String,
    pub division: DivisionReference,
    pub state: TaskState,
    #[serde(default)]
    pub optional: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_by: Option<String>,
    /// What its doer said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The services that it is about. Empty: all of the order's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
}

impl Task {
    /// Its code in the scenario: of a task for some of the services the first of them may stand behind it.
    pub fn definition(&self) -> &str {
        let before = |service: &Service| {
            self.code.strip_suffix(service.code()).and_then(|rest| rest.strip_suffix('.'))
        };
        self.services.first().and_then(before).unwrap_or(&self.code)
    }

    /// Its name with the services that it is about.
    pub fn named(&self, name: &str) -> String {
        let services: Vec<&str> = self.services.iter().map(|service| service.code()).collect();
        match services.is_empty() {
            true => name.to_owned(),
            false => format!("{name} ({})", services.join(", ")),
        }
    }
}

/// Where a visit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AppointmentState {
    Booked,
    /// The order went on with the work done.
    Done,
}

/// The visit of a technician that the order waits for, or the last one that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Appointment {
    /// The order's id and the number of the event that booked it.
    pub id: String,
    /// Code of the technician.
    pub technician: String,
    pub technician_name: String,
    pub from: Instant,
    pub to: Instant,
    /// Booked by somebody with the right to do so although the technician was not free.
    #[serde(rename = "override")]
    pub is_override: bool,
    pub state: AppointmentState,
}

/// A cancellation that waits for what the order has made to be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancellation {
    pub reason: String,
    pub requested_at: Instant,
    pub requested_by: String,
}

/// A cancellation that somebody has asked for: the order stays where it is until a person grants or refuses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancellationRequest {
    pub reason: String,
    pub requested_at: Instant,
    pub requested_by: String,
}

/// An order with all that its rules look at. Stored as this JSON; [`Order::to_api`] is what callers see of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub id: String,
    pub number: String,
    /// Counts every change; the ETag. Starts with 1.
    pub version: i64,
    /// Counts the amendments of what was ordered. Starts with 1.
    pub revision: u32,
    pub kind: OrderKind,
    pub channel: Channel,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    pub priority: Priority,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_date: Option<String>,
    /// The day before which nobody shall work on the order: until then it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_start_date: Option<String>,
    /// The day by which the order is to be completed, as the subscriber was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<Party>,
    pub address: Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_phone: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub items: Vec<OrderItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symptom: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub state: OrderState,
    pub stage: CurrentStage,
    pub scenario: ScenarioReference,
    pub division: DivisionReference,
    pub assignee: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// What people filled in at the transitions.
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    pub fields: Map<String, Value>,
    pub registered_at: Instant,
    pub updated_at: Instant,
    pub closed_at: Option<Instant>,
    #[serde(default)]
    pub services: Vec<ServiceReference>,

    /// The division decision of the current stage.
    pub routing: RoutingDecision,
    #[serde(default)]
    pub documents: Vec<Document>,
    #[serde(default)]
    pub billing_objects: Vec<BillingObject>,
    /// The deadline of this stage was missed and told: at most once per stage entered.
    #[serde(default)]
    pub escalated: bool,
    /// Events so far; the next one has this number plus one.
    pub last_event: i64,
    /// An effect failed for good and waits for a person.
    #[serde(default)]
    pub has_fallout: bool,
    /// The ids of those effects. Of orders that had one before it was counted here it is missing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub fallout: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<Cancellation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_request: Option<CancellationRequest>,
    /// Work of the system that has succeeded while the order stood still: what follows it is made when the order goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done_meanwhile: Vec<EffectKind>,
    /// When the product itself makes the order leave its stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves_at: Option<Instant>,
    /// For how long the order has stood still in its stage, in milliseconds. None: nothing was refused yet when its time had
    /// come, and `leaves_at` tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood_still_ms: Option<i64>,
    /// None: no visit is booked, or none was needed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<Appointment>,
    /// How much the stage's deadline is in danger.
    #[serde(default)]
    pub jeopardy: Jeopardy,
    #[serde(default, skip_serializing_if = "StageEscalation::is_empty")]
    pub escalation: StageEscalation,
    /// Stages that the order was in, each once, in the order of the first entry: what a cancellation takes back.
    #[serde(default)]
    pub stages_entered: Vec<String>,
    /// What stages have asked of the billing system and nothing has taken back: the stage of each effect, by the effect's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub billing_requests: BTreeMap<String, String>,
}

/// Parts of the stored order that have routes of their own and are not in the order's answer.
const OWN_ROUTES: [&str; 12] = [
    "routing",
    "documents",
    "billingObjects",
    "escalated",
    "lastEvent",
    "version",
    "tasks",
    "stagesEntered",
    "doneMeanwhile",
    "billingRequests",
    "fallout",
    "stoodStillMs",
];

impl Order {
    pub fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// What happens by itself may happen: the order is not on hold, and nobody waits for its cancellation.
    pub fn is_moving(&self) -> bool {
        self.hold.is_none() && self.cancellation.is_none() && self.cancellation_request.is_none()
    }

    /// The order as the API answers it.
    pub fn to_api(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Value::Object(object) = &mut value {
            for name in OWN_ROUTES {
                object.remove(name);
            }
        }
        value
    }

    /// The same as text, with some more members. It is never made into a tree of its parts: nothing is asked for as often as
    /// one order.
    pub fn to_api_text(&self, more: &[(&str, &RawValue)]) -> Result<String, serde_json::Error> {
        let whole = serde_json::to_string(self)?;
        let mut members: BTreeMap<&str, &RawValue> = serde_json::from_str(&whole)?;
        for name in OWN_ROUTES {
            members.remove(name);
        }
        members.extend(more.iter().copied());
        serde_json::to_string(&members)
    }

    /// When somebody must look at the order again: at the next rung of its ladder, when it leaves its stage by itself, or
    /// at the end of its hold.
    pub fn next_check_at(&self) -> Option<Instant> {
        if self.is_closed() {
            return None;
        }
        let leaves_at = self.leaves_at.filter(|_| self.is_moving());
        let hold_ends = self.hold.as_ref().and_then(|hold| hold.until);
        [self.escalation.next_rung_at, leaves_at, hold_ends].into_iter().flatten().min()
    }

    /// What makes two open orders the same request: kind, services, address and party. None: never a duplicate
    /// (an order without a party was brought over from a system that had none).
    pub fn duplicate_key(&self) -> Option<String> {
        let party = self.party.as_ref()?.identity_key();
        let mut services: Vec<&str> = self.items.iter().map(|item| item.service.code()).collect();
        services.sort_unstable();
        services.dedup();
        let place = crate::routing::normalise::Place::of(&self.address);
        Some(format!("{}|{}|{}|{party}", self.kind.code(), services.join("+"), place.key()))
    }
}

/// The word of a value in a closed set.
fn word<T: PartialEq + Copy>(words: &'static [(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, entry)| *entry == value).map_or("", |(word, _)| word)
}
