use crate::ports::StoreError;
use oms_domain::input::Fault;
use oms_domain::rejection::Rejection;
use oms_domain::rights::Right;
use thiserror::Error;

/// Why a use case did not do what it was asked. Each maps to one status of the API.
#[derive(Debug, Error)]
pub enum AppError {
    #[error("{what} was not found.")]
    NotFound { what: String },
    #[error("This needs the right {code:?}.", code = .0.code())]
    RightMissing(Right),
    /// The input breaks the schema; all faults at once.
    #[error("The input has faults.")]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error("The same request is open already as order {number}.")]
    DuplicateOrder { id: String, number: String },
    #[error("The order has changed meanwhile; it is now version {current}.")]
    StaleVersion { current: i64 },
    #[error("The scenario has changed meanwhile; read it again and send its ETag.")]
    StaleScenario { current: i64 },
    #[error("This Idempotency-Key was used with another request.")]
    IdempotencyMismatch,
    /// Others keep changing the same order; nothing was done.
    #[error("The order is being changed by others; try again.")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}
