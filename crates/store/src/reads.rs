//! Who read the personal data of which order.

use crate::Store;
use crate::codec::write;
use crate::database::{Database, Dialect, Row};
use oms_app::ports::StoreError;
use oms_app::reads::{PersonalRead, PersonalReads};
use oms_domain::time::Instant;

impl<D: Database> PersonalReads for Store<D> {
    async fn note_reads(&self, reads: &[PersonalRead]) -> Result<(), StoreError> {
        let statement = match self.database.dialect() {
            Dialect::Sqlite => {
                "INSERT INTO personal_data_read (id, order_id, actor, what, at) \
                 SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1)"
            }
            Dialect::Postgres => {
                "INSERT INTO personal_data_read (id, order_id, actor, what, at) \
                 SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, CAST(value ->> 4 AS BIGINT) \
                 FROM json_array_elements($1::text::json)"
            }
        };
        let rows: Vec<_> = reads
            .iter()
            .map(|read| (&read.id, &read.order_id, &read.actor, &read.what, read.at.0))
            .collect();
        let rows = write("the readings", &rows)?;
        Ok(self.database.execute(statement, vec![rows.into()]).await?)
    }

    async fn reads(
        &self,
        order_id: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<PersonalRead>, StoreError> {
        // Ids grow with time; behind all of them is the first letter after the hexadecimal digits.
        let statement = "SELECT id, order_id, actor, what, at FROM personal_data_read \
            WHERE order_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        let parameters =
            vec![order_id.into(), before.unwrap_or("g").into(), i64::from(limit).into()];
        let rows = self.database.query(statement, parameters).await?;
        let read = |mut row: Row| {
            Ok(PersonalRead {
                id: row.text(0)?,
                order_id: row.text(1)?,
                actor: row.text(2)?,
                what: row.text(3)?,
                at: Instant(row.integer(4)?),
            })
        };
        rows.into_iter().map(read).collect()
    }
}
