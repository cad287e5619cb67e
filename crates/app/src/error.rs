use crate::identity::IdentityError;
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
    #[error("The list has changed meanwhile; it is now version {current}.")]
    StaleList { current: i64 },
    #[error("This Idempotency-Key was used with another request.")]
    IdempotencyMismatch,
    /// An unknown login, a wrong password, a wrong or used one-time code, or somebody who may not log in: which of them
    /// is nobody's business.
    #[error("Login, password or one-time code is wrong.")]
    LoginWrong,
    #[error("This login needs a one-time code; send it as totp.")]
    CodeMissing,
    /// An unknown order, one without a code, or a wrong, used or old code: which of them is nobody's business.
    #[error("Order number or code is wrong, or the code is no longer good; ask for a new one.")]
    AccessCodeWrong,
    #[error("Too many log-ins failed; try again in {seconds} seconds.")]
    LoginLocked { seconds: i64 },
    /// Others keep changing the same order; nothing was done.
    #[error("The order is being changed by others; try again.")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<IdentityError> for AppError {
    fn from(error: IdentityError) -> AppError {
        match error {
            // Whoever can do something about what is taken says so before it comes here.
            IdentityError::Stale | IdentityError::Taken => AppError::Busy,
            IdentityError::CodeUsed => AppError::LoginWrong,
            IdentityError::LastAdministrator => AppError::Rejected(Rejection::LastAdministrator),
            IdentityError::Store(error) => AppError::Store(error),
        }
    }
}
