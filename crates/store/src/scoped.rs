//! Orders and documents with where they stand.

use crate::Store;
use crate::codec::{read, word};
use crate::database::Database;
use oms_app::ports::{OrderReference, StoreError};
use oms_app::scoped::{LocatedDocument, Scoped};
use oms_domain::access::OrderPlace;
use oms_domain::order::{Order, OrderKind};

impl<D: Database> Scoped for Store<D> {
    async fn locate(
        &self,
        reference: &OrderReference,
    ) -> Result<Option<(Order, OrderPlace)>, StoreError> {
        const COLUMNS: &str = "SELECT orders.document, division.path FROM orders \
            LEFT JOIN division ON division.code = orders.division_code";
        let (column, name) = match reference {
            OrderReference::Id(id) => ("id", id),
            OrderReference::Number(number) => ("number", number),
        };
        let statement = format!("{COLUMNS} WHERE orders.{column} = $1");
        let mut rows = self.database.query(&statement, vec![name.as_str().into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        let order: Order = read("order", &row.text(0)?)?;
        let place = OrderPlace { division_path: row.optional_text(1)?, kind: order.kind };
        Ok(Some((order, place)))
    }

    async fn locate_document(&self, id: &str) -> Result<Option<LocatedDocument>, StoreError> {
        let statement = "SELECT document.document, division.path, orders.kind, orders.id FROM document \
            JOIN orders ON orders.id = document.order_id \
            LEFT JOIN division ON division.code = orders.division_code WHERE document.id = $1";
        let mut rows = self.database.query(statement, vec![id.into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        let kind = word("kind", OrderKind::WORDS, &row.text(2)?)?;
        let place = OrderPlace { division_path: row.optional_text(1)?, kind };
        let document = read("document", &row.text(0)?)?;
        Ok(Some(LocatedDocument { document, order_id: row.text(3)?, place }))
    }
}
