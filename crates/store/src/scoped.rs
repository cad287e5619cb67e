//! Orders and documents with where they stand.

use crate::Store;
use crate::codec::{read, word};
use crate::database::{Database, Dialect};
use oms_app::ports::{OrderReference, StoreError};
use oms_app::scoped::{LocatedDocument, OrderPlaces, Scoped};
use oms_domain::access::OrderPlace;
use oms_domain::order::{Order, OrderKind};

impl<D: Database> Scoped for Store<D> {
    async fn locate(
        &self,
        reference: &OrderReference,
    ) -> Result<Option<(Order, OrderPlaces)>, StoreError> {
        let tasks = task_paths(self.database.dialect(), "orders.id");
        let (column, name) = match reference {
            OrderReference::Id(id) => ("id", id),
            OrderReference::Number(number) => ("number", number),
        };
        let statement = format!(
            "SELECT orders.document, division.path, {tasks} FROM orders \
             LEFT JOIN division ON division.code = orders.division_code WHERE orders.{column} = $1"
        );
        let mut rows = self.database.query(&statement, vec![name.as_str().into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        let order: Order = read("order", &row.text(0)?)?;
        let own = OrderPlace { division_path: row.optional_text(1)?, kind: order.kind };
        let places = OrderPlaces::new(own, read("task divisions", &row.text(2)?)?);
        Ok(Some((order, places)))
    }

    async fn locate_document(&self, id: &str) -> Result<Option<LocatedDocument>, StoreError> {
        let tasks = task_paths(self.database.dialect(), "orders.id");
        let statement = format!(
            "SELECT document.document, division.path, orders.kind, orders.id, {tasks} FROM document \
             JOIN orders ON orders.id = document.order_id \
             LEFT JOIN division ON division.code = orders.division_code WHERE document.id = $1"
        );
        let mut rows = self.database.query(&statement, vec![id.into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        let kind = word("kind", OrderKind::WORDS, &row.text(2)?)?;
        let own = OrderPlace { division_path: row.optional_text(1)?, kind };
        let places = OrderPlaces::new(own, read("task divisions", &row.text(4)?)?);
        let document = read("document", &row.text(0)?)?;
        Ok(Some(LocatedDocument { document, order_id: row.text(3)?, places }))
    }
}

/// Codes and paths of the other divisions that have a task of an order, as one column.
pub fn task_paths(dialect: Dialect, order_id: &str) -> String {
    let paths = dialect.array_of(&dialect.tuple_of("theirs.code, theirs.path"));
    format!(
        "(SELECT {paths} FROM order_task_division task JOIN division theirs ON theirs.code = task.division_code \
         WHERE task.order_id = {order_id})"
    )
}
