//! The adapter for Billmaster: exports `oms:billing`, speaks the wire format of `docs/billmaster-gateway.md`.
//!
//! [`wire`] is the format and what each answer means, pure and tested natively; the rest exists in the component only.

pub mod wire;

#[cfg(target_family = "wasm")]
mod call;
#[cfg(target_family = "wasm")]
mod export;
