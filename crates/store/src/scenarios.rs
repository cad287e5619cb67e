//! The operator's own scenarios.

use crate::Store;
use crate::codec::{read, word, write};
use crate::database::{Database, Row, Value};
use oms_app::ports::{Cursor, StoreError};
use oms_app::scenario_ports::{ScenarioEntry, Scenarios, Signature};
use oms_domain::limits::SCENARIOS_KEPT_MAX;
use oms_domain::order::OrderKind;
use oms_domain::party::PartyType;
use oms_domain::scenario::{Scenario, ScenarioState};
use oms_domain::time::Instant;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Published versions that were read already. They never change, so they are never out of date.
#[derive(Debug, Clone, Default)]
pub struct Kept(Arc<Mutex<BTreeMap<(String, u32), Arc<Scenario>>>>);

impl Kept {
    fn get(&self, code: &str, version: u32) -> Option<Arc<Scenario>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&(code.to_owned(), version)).cloned()
    }

    fn keep(&self, scenario: Scenario) -> Arc<Scenario> {
        let key = (scenario.code.clone(), scenario.version);
        let scenario = Arc::new(scenario);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SCENARIOS_KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, scenario.clone());
        scenario
    }
}

/// What a new order takes, as a subquery: one for its type of party goes before one for all, then the one published last.
pub fn published_for(columns: &str, order_kind: &str, party_type: &str) -> String {
    format!(
        "(SELECT {columns} FROM scenario WHERE state = 'published' AND order_kind = {order_kind} \
         AND (party_type IS NULL OR party_type = {party_type}) \
         ORDER BY party_type IS NULL, published_at DESC, version DESC, code LIMIT 1)"
    )
}

const COLUMNS: &str = "code, version, state, revision, name, order_kind, party_type, created_at, created_by, \
    changed_at, changed_by, published_at, published_by, retired_at, retired_by";

impl<D: Database> Scenarios for Store<D> {
    async fn published_scenario(
        &self,
        code: &str,
        version: u32,
    ) -> Result<Option<Arc<Scenario>>, StoreError> {
        if let Some(kept) = self.scenarios.get(code, version) {
            return Ok(Some(kept));
        }
        let statement =
            "SELECT document FROM scenario WHERE code = $1 AND version = $2 AND state <> 'draft'";
        let parameters = vec![code.into(), i64::from(version).into()];
        let mut rows = self.database.query(statement, parameters).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        Ok(Some(self.scenarios.keep(document(version, &row.text(0)?)?)))
    }

    async fn scenario(
        &self,
        code: &str,
        version: u32,
    ) -> Result<Option<(ScenarioEntry, Scenario)>, StoreError> {
        let statement =
            format!("SELECT {COLUMNS}, document FROM scenario WHERE code = $1 AND version = $2");
        let parameters = vec![code.into(), i64::from(version).into()];
        let mut rows = self.database.query(&statement, parameters).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        Ok(Some((entry(row)?, document(version, &row.text(15)?)?)))
    }

    async fn scenarios(
        &self,
        state: Option<ScenarioState>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<ScenarioEntry>, StoreError> {
        let mut parameters: Vec<Value> = match after {
            None => vec!["".into(), 0.into()],
            Some(after) => vec![after.id.as_str().into(), after.value.into()],
        };
        let condition = match state {
            None => "",
            Some(state) => {
                parameters.push(state.code().into());
                "AND state = $3"
            }
        };
        parameters.push(i64::from(limit).into());
        let count = parameters.len();
        let statement = format!(
            "SELECT {COLUMNS} FROM scenario WHERE (code, version) > ($1, $2) {condition} \
             ORDER BY code, version LIMIT ${count}"
        );
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(|mut row| entry(&mut row)).collect()
    }

    async fn put_draft(
        &self,
        scenario: &Scenario,
        version_after: u32,
        signature: &Signature,
    ) -> Result<u32, StoreError> {
        // The number is found in the statement that takes it: two who begin at once write one draft.
        let statement = "INSERT INTO scenario (code, version, state, revision, name, order_kind, party_type, document, \
             created_at, created_by, changed_at, changed_by) \
             SELECT $1, CASE WHEN coalesce(max(version), 0) < $2 THEN $2 ELSE coalesce(max(version), 0) END + 1, 'draft', 1, \
                $3, $4, $5, $6, CAST($7 AS BIGINT), $8, CAST($7 AS BIGINT), $8 \
             FROM scenario WHERE code = $1 \
             ON CONFLICT (code) WHERE state = 'draft' DO UPDATE SET name = excluded.name, \
                order_kind = excluded.order_kind, party_type = excluded.party_type, \
                document = excluded.document, revision = scenario.revision + 1, \
                changed_at = excluded.changed_at, changed_by = excluded.changed_by \
             RETURNING version";
        let [name, order_kind, party_type, document] = content(scenario)?;
        let parameters = vec![
            scenario.code.as_str().into(),
            i64::from(version_after).into(),
            name,
            order_kind,
            party_type,
            document,
            signature.at.0.into(),
            signature.by.as_str().into(),
        ];
        let rows = self.database.query(statement, parameters).await?;
        let row = rows.first().ok_or_else(|| StoreError::Corrupt("no draft".to_owned()))?;
        number(row.integer(0)?)
    }

    async fn replace_draft(
        &self,
        scenario: &Scenario,
        revision: i64,
        signature: &Signature,
    ) -> Result<bool, StoreError> {
        let statement = "UPDATE scenario SET name = $1, order_kind = $2, party_type = $3, document = $4, \
             changed_at = $5, changed_by = $6, revision = revision + 1 \
             WHERE code = $7 AND version = $8 AND state = 'draft' AND revision = $9 RETURNING revision";
        let mut parameters = Vec::from(content(scenario)?);
        parameters.extend([
            signature.at.0.into(),
            signature.by.as_str().into(),
            scenario.code.as_str().into(),
            i64::from(scenario.version).into(),
            revision.into(),
        ]);
        self.changes(statement, parameters).await
    }

    async fn delete_draft(
        &self,
        code: &str,
        version: u32,
        revision: i64,
    ) -> Result<bool, StoreError> {
        let statement = "DELETE FROM scenario WHERE code = $1 AND version = $2 AND state = 'draft' \
             AND revision = $3 RETURNING revision";
        let parameters = vec![code.into(), i64::from(version).into(), revision.into()];
        self.changes(statement, parameters).await
    }

    async fn move_scenario(
        &self,
        code: &str,
        version: u32,
        to: ScenarioState,
        revision: i64,
        signature: &Signature,
    ) -> Result<bool, StoreError> {
        let (from, at, by) = match to {
            ScenarioState::Draft => return Ok(false),
            ScenarioState::Published => ("draft", "published_at", "published_by"),
            ScenarioState::Retired => ("published", "retired_at", "retired_by"),
        };
        let to = to.code();
        let statement = format!(
            "UPDATE scenario SET state = '{to}', revision = revision + 1, {at} = $1, {by} = $2 \
             WHERE code = $3 AND version = $4 AND state = '{from}' AND revision = $5 RETURNING revision"
        );
        let parameters = vec![
            signature.at.0.into(),
            signature.by.as_str().into(),
            code.into(),
            i64::from(version).into(),
            revision.into(),
        ];
        self.changes(&statement, parameters).await
    }
}

impl<D: Database> Store<D> {
    /// Whether a statement that answers what it changed has changed anything.
    async fn changes(&self, statement: &str, parameters: Vec<Value>) -> Result<bool, StoreError> {
        Ok(!self.database.query(statement, parameters).await?.is_empty())
    }
}

/// Name, kind of order, type of party and the whole, as columns.
fn content(scenario: &Scenario) -> Result<[Value; 4], StoreError> {
    Ok([
        write("name", &scenario.name)?.into(),
        scenario.order_kind.code().into(),
        scenario.party_type.map(|party| party.code().to_owned()).into(),
        write("scenario", scenario)?.into(),
    ])
}

/// The number of a version is that of its row, whatever the document says.
fn document(version: u32, text: &str) -> Result<Scenario, StoreError> {
    let scenario: Scenario = read("scenario", text)?;
    Ok(Scenario { version, ..scenario })
}

fn entry(row: &mut Row) -> Result<ScenarioEntry, StoreError> {
    let party_type = row.optional_text(6)?;
    let (created_at, changed_at) = (row.integer(7)?, row.integer(9)?);
    Ok(ScenarioEntry {
        code: row.text(0)?,
        version: number(row.integer(1)?)?,
        state: word("scenario state", ScenarioState::WORDS, &row.text(2)?)?,
        revision: row.integer(3)?,
        name: read("name", &row.text(4)?)?,
        order_kind: word("kind of order", OrderKind::WORDS, &row.text(5)?)?,
        party_type: party_type
            .map(|text| word("type of party", PartyType::WORDS, &text))
            .transpose()?,
        created: Signature { at: Instant(created_at), by: row.text(8)? },
        changed: Signature { at: Instant(changed_at), by: row.text(10)? },
        published: signature(row, 11)?,
        retired: signature(row, 13)?,
    })
}

fn signature(row: &mut Row, column: usize) -> Result<Option<Signature>, StoreError> {
    let Some(at) = row.optional_integer(column)? else { return Ok(None) };
    Ok(Some(Signature { at: Instant(at), by: row.text(column + 1)? }))
}

fn number(version: i64) -> Result<u32, StoreError> {
    u32::try_from(version).map_err(|_| StoreError::Corrupt(format!("version {version}")))
}
