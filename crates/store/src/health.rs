//! Whether the database is there and has the schema that this program knows.

use crate::Store;
use crate::database::{Database, DatabaseError};
use oms_app::ports::{Health, StoreError};

/// What the databases say of a migrator's table that is not there.
const TABLE_MISSING: [&str; 2] =
    ["no such table: _sqlx_migrations", "relation \"_sqlx_migrations\" does not exist"];

impl<D: Database> Health for Store<D> {
    async fn schema_version(&self) -> Result<Option<i64>, StoreError> {
        // The table is the migrator's; without it nothing was ever applied.
        let statement = "SELECT MAX(version) FROM _sqlx_migrations WHERE success";
        let rows = match self.database.query(statement, Vec::new()).await {
            Err(DatabaseError::Failed(message))
                if TABLE_MISSING.iter().any(|text| message.contains(text)) =>
            {
                return Ok(None);
            }
            outcome => outcome?,
        };
        rows.first().map_or(Ok(None), |row| row.optional_integer(0))
    }
}
