//! Whether the database is there and has the schema that this program knows.

use crate::Store;
use crate::database::Database;
use oms_app::ports::{Health, StoreError};

impl<D: Database> Health for Store<D> {
    async fn schema_version(&self) -> Result<Option<i64>, StoreError> {
        // The table is the migrator's.
        let statement = "SELECT MAX(version) FROM _sqlx_migrations WHERE success";
        let rows = self.database.query(statement, Vec::new()).await?;
        rows.first().map_or(Ok(None), |row| row.optional_integer(0))
    }
}
