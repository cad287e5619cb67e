//! Documents: their bytes by SHA-256, and what describes them.

use crate::Store;
use crate::codec::read;
use crate::database::{Database, Value};
use oms_app::ports::{Documents, StoreError};
use oms_domain::order::Document;

impl<D: Database> Documents for Store<D> {
    async fn put_content(&self, sha256: &str, content: &[u8]) -> Result<(), StoreError> {
        let statement = "INSERT INTO document_content (sha256, content) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING";
        let parameters = vec![sha256.into(), Value::Bytes(Some(content.to_vec()))];
        Ok(self.database.execute(statement, parameters).await?)
    }

    async fn document(&self, id: &str) -> Result<Option<(Document, String)>, StoreError> {
        let statement = "SELECT document, order_id FROM document WHERE id = $1";
        let mut rows = self.database.query(statement, vec![id.into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        Ok(Some((read("document", &row.text(0)?)?, row.text(1)?)))
    }

    async fn content(&self, sha256: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let statement = "SELECT content FROM document_content WHERE sha256 = $1";
        let mut rows = self.database.query(statement, vec![sha256.into()]).await?;
        rows.first_mut().map(|row| row.bytes(0)).transpose()
    }
}
