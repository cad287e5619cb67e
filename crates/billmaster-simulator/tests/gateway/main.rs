//! Real requests over loopback: the simulator keeps the rules of the gateway, and breaks them only as told.

mod faults;
mod idempotency;
mod inspection;
mod life;
mod support;
mod wrong_input;
