//! The rules of telecom order management.
//!
//! Pure: no input or output, clock, randomness, SQL or async. Time, identifiers, the actor and what the database knows
//! come in as arguments, so that every rule can be read and tested as a table.
//!
//! Where to look: an order's shape in [`order`], how it comes in and is checked in [`registration`], how it moves in
//! [`decide`], what a scenario is in [`scenario`], which division operates an address in [`routing`], who goes there and when in
//! [`workforce`], when it will probably be completed in [`projection`], what the billing system needs in [`provisioning`],
//! which services an order may be about in [`service`], and every limit in [`limits`].

pub mod access;
pub mod address;
pub mod amendment;
pub mod calendar;
pub mod catalogue;
pub mod decide;
pub mod division;
pub mod document;
pub mod effect;
pub mod escalation;
pub mod event;
pub mod input;
pub mod item;
pub mod limits;
pub mod login;
pub mod number;
pub mod order;
pub mod party;
pub mod phone;
pub mod profile;
pub mod projection;
pub mod provisioning;
pub mod registration;
pub mod rejection;
pub mod replay;
pub mod rights;
pub mod role;
pub mod routing;
pub mod scenario;
pub mod search;
pub mod service;
pub mod staff;
pub mod time;
pub mod workforce;
pub mod zone;
