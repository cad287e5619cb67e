//! Scenarios: how orders of one kind are processed. Data with versions; a running order keeps the version it began with.

mod built_in;
mod check;
mod diagram;
mod ladder;
mod lifecycle;
mod model;

pub use built_in::{built_in, code_for_order, find, for_order};
pub use check::check;
pub use diagram::{mermaid, svg};
pub use ladder::{Receiver, Rung, RungChange, RungMoment, default_ladder};
pub use lifecycle::{ScenarioState, check_organisation};
pub use model::{
    Choice, Compensation, EntryAction, FieldCondition, FieldDefinition, FieldType, Guard,
    LocalText, PauseReason, PointOfNoReturn, Scenario, Stage, TaskDefinition, Transition, Visit,
    parse_toml,
};
