//! Orders as a coverage sees them, and the keys under which its rules are found.

use crate::Store;
use crate::codec::{read, word};
use crate::database::{Database, Dialect, Row, Value};
use oms_app::coverage::{RoutedOrder, RoutedOrders};
use oms_app::ports::{Cursor, StoreError};
use oms_domain::address::Address;
use oms_domain::catalogue::Service;
use oms_domain::division::DivisionReference;
use oms_domain::limits::COVERAGE_RULES_MAX;
use oms_domain::order::OrderState;
use oms_domain::routing::{CoverageRule, ServiceDivision};
use oms_domain::time::Instant;
use serde::Deserialize;
use serde_json::json;

impl<D: Database> RoutedOrders for Store<D> {
    async fn registered_since(
        &self,
        since: Instant,
        after: Option<&RoutedOrder>,
        limit: u32,
    ) -> Result<Vec<RoutedOrder>, StoreError> {
        let columns = columns(self.database.dialect());
        let (condition, mut parameters) = match after {
            None => ("$1 <= registered_at", vec![since.0.into()]),
            Some(last) => (
                "$1 <= registered_at AND (registered_at, id) < ($2, $3)",
                vec![since.0.into(), last.registered_at.0.into(), last.id.as_str().into()],
            ),
        };
        parameters.push(Value::from(i64::from(limit)));
        let count = parameters.len();
        let statement = format!(
            "SELECT {columns} FROM orders WHERE {condition} \
             ORDER BY registered_at DESC, id DESC LIMIT ${count}"
        );
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(routed_order).collect()
    }

    async fn open(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<RoutedOrder>, StoreError> {
        let columns = columns(self.database.dialect());
        let (condition, mut parameters) = match after {
            None => ("", Vec::new()),
            // The place in the index: the state and the id are one text in the cursor.
            Some(after) => {
                let (state, id) = after.id.split_once(' ').unwrap_or_default();
                let place = vec![Value::from(state), after.value.into(), id.into()];
                ("AND (state, registered_at, id) > ($1, $2, $3)", place)
            }
        };
        parameters.push(Value::from(i64::from(limit)));
        let count = parameters.len();
        let statement = format!(
            "SELECT {columns} FROM orders WHERE state IN ('acknowledged', 'pending', 'held', \
             'inProgress', 'partial', 'assessingCancellation', 'pendingCancellation') {condition} \
             ORDER BY state, registered_at, id LIMIT ${count}"
        );
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(routed_order).collect()
    }
}

/// Of the order's document only what a coverage looks at.
fn columns(dialect: Dialect) -> String {
    let parts = ["address", "linePhone", "items", "division", "routing"];
    let mut object = dialect.parts_of_document(&parts);
    if dialect == Dialect::Postgres {
        object.push_str("::text");
    }
    format!("id, number, state, registered_at, {object}")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    address: Address,
    line_phone: Option<String>,
    items: Option<Vec<Item>>,
    division: DivisionReference,
    routing: Routing,
}

#[derive(Deserialize)]
struct Item {
    service: Service,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Routing {
    covering: Option<DivisionReference>,
    #[serde(default)]
    division_kind: Option<String>,
    #[serde(default)]
    by_service: Vec<ServiceDivision>,
}

fn routed_order(mut row: Row) -> Result<RoutedOrder, StoreError> {
    let parts: Parts = read("order", &row.text(4)?)?;
    Ok(RoutedOrder {
        id: row.text(0)?,
        number: row.text(1)?,
        state: word("state", OrderState::WORDS, &row.text(2)?)?,
        registered_at: Instant(row.integer(3)?),
        address: parts.address,
        line_phone: parts.line_phone,
        services: parts.items.into_iter().flatten().map(|item| item.service).collect(),
        division: parts.division,
        covering: parts.routing.covering,
        division_kind: parts.routing.division_kind,
        by_service: parts.routing.by_service.into_iter().map(code_of).collect(),
    })
}

fn code_of(it: ServiceDivision) -> (Service, String) {
    (it.service, it.division.code)
}

impl<D: Database> Store<D> {
    /// Brings the keys under which rules are found into the form in which this program asks for them. A program that
    /// reads addresses better than the one that stored the rules would miss them otherwise. Counts those that changed.
    pub async fn refresh_lookup_keys(&self) -> Result<usize, StoreError> {
        let statement = format!(
            "SELECT position, lookup_key, document FROM coverage_rule ORDER BY position LIMIT {COVERAGE_RULES_MAX}"
        );
        let mut changed = Vec::new();
        for mut row in self.database.query(&statement, Vec::new()).await? {
            let old = row.text(1)?;
            let rule: CoverageRule = read("coverage rule", &row.text(2)?)?;
            let new = rule.lookup_key();
            if new != old {
                changed.push(json!({ "position": row.integer(0)?, "old": old, "new": new }));
            }
        }
        if changed.is_empty() {
            return Ok(0);
        }
        // A rule that was swapped meanwhile has another key, and keeps it.
        let statement = match self.database.dialect() {
            Dialect::Sqlite => {
                "UPDATE coverage_rule SET lookup_key = changed.value ->> 'new' FROM json_each($1) AS changed \
                 WHERE coverage_rule.position = changed.value ->> 'position' \
                 AND coverage_rule.lookup_key = changed.value ->> 'old'"
            }
            Dialect::Postgres => {
                "UPDATE coverage_rule SET lookup_key = changed.value ->> 'new' \
                 FROM json_array_elements($1::text::json) AS changed (value) \
                 WHERE coverage_rule.position = (changed.value ->> 'position')::bigint \
                 AND coverage_rule.lookup_key = changed.value ->> 'old'"
            }
        };
        let count = changed.len();
        self.database.execute(statement, vec![json!(changed).to_string().into()]).await?;
        Ok(count)
    }
}
