//! Tokens of programs: shown once, kept as a hash.

use crate::AppError;
use crate::hash::sha256_hex;
use crate::ports::Tokens;
use oms_domain::rights::{Actor, Right};
use oms_domain::time::Instant;
use uuid::Uuid;

/// Who shows this token. None: nobody whom we know.
pub async fn authenticate<P: Tokens>(ports: &P, token: &str) -> Result<Option<Actor>, AppError> {
    let found = ports.token(&sha256_hex(token.as_bytes())).await?;
    Ok(found.map(|(name, rights)| Actor { name, rights }))
}

/// Makes a token of 244 random bits; its text is answered here and nowhere else.
pub async fn create<P: Tokens>(
    ports: &P,
    name: &str,
    rights: &[Right],
    now: Instant,
) -> Result<String, AppError> {
    let random = || Uuid::new_v4().simple().to_string();
    let token = format!("oms_{}{}", random(), random());
    ports.add_token(&sha256_hex(token.as_bytes()), name, rights, now).await?;
    Ok(token)
}
