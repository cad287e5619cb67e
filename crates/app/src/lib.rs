//! The use cases: load, decide, save. One file per use case; what they need of the world are the small traits in
//! [`ports`].

pub mod amend;
pub mod calendars;
pub mod change;
pub mod coverage;
pub mod documents;
pub mod effects;
mod error;
pub mod escalations;
pub mod explain;
pub mod grants;
pub mod hash;
pub mod identity;
pub mod migration;
pub mod organisation;
pub mod outlook;
pub mod password;
pub mod ports;
pub mod profile;
pub mod read;
pub mod reads;
pub mod register;
pub mod reroute;
pub mod scenario_ports;
pub mod scenarios;
pub mod scoped;
pub mod sessions;
pub mod staff;
pub mod subscribers;
pub mod telling;
pub mod tick;
pub mod tokens;
pub mod workforce;

pub use error::AppError;
