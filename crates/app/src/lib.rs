//! The use cases: load, decide, save. One file per use case; what they need of the world are the small traits in
//! [`ports`].

pub mod change;
pub mod coverage;
pub mod documents;
pub mod effects;
mod error;
pub mod explain;
pub mod hash;
pub mod migration;
pub mod organisation;
pub mod ports;
pub mod read;
pub mod register;
pub mod scenario_ports;
pub mod scenarios;
pub mod tick;
pub mod tokens;

pub use error::AppError;
