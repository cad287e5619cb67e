//! Scenarios: how orders of one kind are processed. Data with versions; a running order keeps the version it began with.

mod built_in;
mod check;
mod model;

pub use built_in::{built_in, find, for_order};
pub use check::check;
pub use model::{
    EntryAction, FieldDefinition, FieldType, Guard, LocalText, Scenario, Stage, Transition,
    parse_toml,
};
