//! Tokens, kept as hashes.

use crate::Store;
use crate::codec::read;
use crate::database::Database;
use oms_app::ports::{StoreError, Tokens};
use oms_domain::rights::Right;
use oms_domain::time::Instant;
use serde_json::json;

impl<D: Database> Tokens for Store<D> {
    async fn token(&self, sha256: &str) -> Result<Option<(String, Vec<Right>)>, StoreError> {
        let statement =
            "SELECT name, rights FROM api_token WHERE sha256 = $1 AND revoked_at IS NULL";
        let mut rows = self.database.query(statement, vec![sha256.into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        Ok(Some((row.text(0)?, read("rights", &row.text(1)?)?)))
    }

    async fn add_token(
        &self,
        sha256: &str,
        name: &str,
        rights: &[Right],
        now: Instant,
    ) -> Result<(), StoreError> {
        let statement =
            "INSERT INTO api_token (sha256, name, rights, created_at) VALUES ($1, $2, $3, $4)";
        let parameters =
            vec![sha256.into(), name.into(), json!(rights).to_string().into(), now.0.into()];
        Ok(self.database.execute(statement, parameters).await?)
    }
}
