//! Open orders with the scenario that each is in.

use crate::Store;
use crate::codec::read;
use crate::database::{Database, Dialect, Row, Value};
use oms_app::migration::{RunningOrder, RunningOrders};
use oms_app::ports::{Cursor, StoreError};
use oms_domain::order::{CurrentStage, ScenarioReference};
use serde::Deserialize;

/// Of the order's document what a migration looks at.
#[derive(Deserialize)]
struct Parts {
    stage: CurrentStage,
    scenario: ScenarioReference,
}

impl<D: Database> RunningOrders for Store<D> {
    async fn running(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<RunningOrder>, StoreError> {
        let dialect = self.database.dialect();
        let document = dialect.json("document");
        let parts = format!("'stage', {document} -> 'stage', 'scenario', {document} -> 'scenario'");
        let parts = match dialect {
            Dialect::Sqlite => format!("json_object({parts})"),
            Dialect::Postgres => format!("json_build_object({parts})::text"),
        };
        // The place in the index: the state and the id are one text in the cursor.
        let (condition, mut parameters) = match after {
            None => ("", Vec::new()),
            Some(after) => {
                let (state, id) = after.id.split_once(' ').unwrap_or_default();
                let place = vec![Value::from(state), after.value.into(), id.into()];
                ("AND (state, registered_at, id) > ($1, $2, $3)", place)
            }
        };
        parameters.push(Value::from(i64::from(limit)));
        let count = parameters.len();
        let statement = format!(
            "SELECT id, number, state, registered_at, {parts} FROM orders \
             WHERE state IN ('acknowledged', 'pending', 'held', 'inProgress', 'partial', \
             'assessingCancellation', 'pendingCancellation') {condition} \
             ORDER BY state, registered_at, id LIMIT ${count}"
        );
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(running_order).collect()
    }
}

fn running_order(mut row: Row) -> Result<RunningOrder, StoreError> {
    let parts: Parts = read("order", &row.text(4)?)?;
    let (id, state) = (row.text(0)?, row.text(2)?);
    Ok(RunningOrder {
        number: row.text(1)?,
        stage: parts.stage,
        scenario: parts.scenario,
        cursor: Cursor { value: row.integer(3)?, id: format!("{state} {id}") },
        id,
    })
}
