//! Who read the personal data of which order.

use crate::Store;
use crate::database::{Database, Row};
use oms_app::ports::StoreError;
use oms_app::reads::{PersonalRead, PersonalReads};
use oms_domain::time::Instant;

impl<D: Database> PersonalReads for Store<D> {
    async fn note_read(&self, read: &PersonalRead) -> Result<(), StoreError> {
        let statement = "INSERT INTO personal_data_read (id, order_id, actor, what, at) VALUES ($1, $2, $3, $4, $5)";
        let parameters = vec![
            read.id.as_str().into(),
            read.order_id.as_str().into(),
            read.actor.as_str().into(),
            read.what.as_str().into(),
            read.at.0.into(),
        ];
        Ok(self.database.execute(statement, parameters).await?)
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
