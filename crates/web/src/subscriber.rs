//! A subscriber who calls: by a bearer token or by a cookie of their own, never as one of the staff.

use crate::caller::{bearer, cookie_of};
use crate::{Backend, Problem, backend};
use axum::extract::FromRequestParts;
use http::request::Parts;
use oms_app::subscribers;
use oms_domain::profile::Subscriber;

/// Name of the cookie of the profile. The staff's has another: one browser can keep both.
pub const PROFILE_COOKIE: &str = "oms_profile";

/// A subscriber who got in with a one-time code, and the database.
#[derive(Debug, Clone)]
pub struct SubscriberSession {
    pub subscriber: Subscriber,
    pub backend: Backend,
}

impl<S: Send + Sync> FromRequestParts<S> for SubscriberSession {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        _state: &S,
    ) -> Result<SubscriberSession, Problem> {
        let backend = backend().await?;
        let shown = bearer(&parts.headers)?.or_else(|| cookie_of(&parts.headers, PROFILE_COOKIE));
        let unknown = || {
            Problem::unauthorized(
                "The profile is for subscribers: POST /api/v1/session with orderNumber and code, and send its token.",
            )
        };
        let token = shown.ok_or_else(unknown)?;
        let found = subscribers::authenticate(&backend, &token, crate::clock()).await?;
        Ok(SubscriberSession { subscriber: found.ok_or_else(unknown)?, backend })
    }
}
