//! Tokens of programs and sessions of people: shown once, kept as a hash.

use crate::AppError;
use crate::hash::sha256_hex;
use crate::ports::Tokens;
use oms_domain::access::Holder;
use oms_domain::rights::{Actor, Right};
use oms_domain::time::Instant;
use uuid::Uuid;

pub(crate) const TOKEN_PREFIX: &str = "oms_";
/// Sessions are looked up elsewhere than tokens; the prefix says where.
pub(crate) const SESSION_PREFIX: &str = "oms_session_";

/// Who shows this token. None: nobody whom we know.
pub async fn authenticate<P: Tokens>(
    ports: &P,
    token: &str,
    now: Instant,
) -> Result<Option<Actor>, AppError> {
    let sha256 = sha256_hex(token.as_bytes());
    let holder = match is_session(token) {
        true => ports.session(&sha256, now).await?,
        false => ports.token(&sha256).await?,
    };
    let is_live = |holder: &Holder| holder.grants.iter().all(|grant| grant.is_current(now));
    // A token that has ended is not known any more; somebody of the staff without a grant still is who they are.
    let holder = holder.filter(|holder| is_session(token) || is_live(holder));
    Ok(holder.map(|holder| Actor::of(holder, now)))
}

/// Whether this is a session of somebody who has logged in, by its look.
pub fn is_session(token: &str) -> bool {
    token.starts_with(SESSION_PREFIX)
}

/// A secret of 244 random bits behind a prefix that tells what it is.
pub(crate) fn secret(prefix: &str) -> String {
    let random = || Uuid::new_v4().simple().to_string();
    format!("{prefix}{}{}", random(), random())
}

/// Makes a token of 244 random bits; its text is answered here and nowhere else.
pub async fn create<P: Tokens>(
    ports: &P,
    name: &str,
    rights: &[Right],
    now: Instant,
) -> Result<String, AppError> {
    let token = secret(TOKEN_PREFIX);
    ports.add_token(&sha256_hex(token.as_bytes()), name, rights, now).await?;
    Ok(token)
}
