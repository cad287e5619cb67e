//! Divisions and coverage rules.

use crate::Store;
use crate::codec::{read, write};
use crate::database::{Database, Row};
use oms_app::ports::{Organisation, StoreError};
use oms_domain::access::division_paths;
use oms_domain::division::Division;
use oms_domain::limits::{COVERAGE_RULES_MAX, DIVISIONS_MAX};
use oms_domain::routing::CoverageRule;
use serde::Serialize;
use serde_json::json;

const COLUMNS: &str = "SELECT code, parent_code, name, kind, timezone, email, head FROM division";

impl<D: Database> Organisation for Store<D> {
    async fn divisions(&self) -> Result<Vec<Division>, StoreError> {
        let statement = format!("{COLUMNS} ORDER BY position LIMIT {DIVISIONS_MAX}");
        let rows = self.database.query(&statement, Vec::new()).await?;
        rows.into_iter().map(division).collect()
    }

    async fn replace_divisions(&self, divisions: &[Division]) -> Result<(), StoreError> {
        let statement = "INSERT INTO division_swap (divisions) VALUES ($1)";
        let with_path = |(division, path): (&Division, String)| {
            let mut entry = json!(division);
            entry["path"] = path.into();
            entry
        };
        let entries = divisions.iter().zip(division_paths(divisions)).map(with_path);
        let parameters = vec![json!(entries.collect::<Vec<_>>()).to_string().into()];
        Ok(self.database.execute(statement, parameters).await?)
    }

    async fn divisions_in_use(&self) -> Result<Vec<String>, StoreError> {
        // Of an open order: the division that has it, the one that operates its address, and those that have its tasks.
        const OPEN: &str = "state IN ('acknowledged', 'pending', 'held', 'inProgress', 'partial', \
            'assessingCancellation', 'pendingCancellation')";
        let statement = format!(
            "SELECT division_code FROM coverage_rule UNION \
             SELECT division_code FROM orders WHERE {OPEN} UNION \
             SELECT covering_code FROM orders WHERE {OPEN} UNION \
             SELECT division_code FROM order_task_division UNION \
             SELECT division_code FROM technician UNION \
             SELECT division_code FROM role_grant WHERE division_code IS NOT NULL LIMIT {DIVISIONS_MAX}"
        );
        let rows = self.database.query(&statement, Vec::new()).await?;
        rows.into_iter().map(|mut row| row.text(0)).collect()
    }

    async fn coverage(&self) -> Result<Vec<CoverageRule>, StoreError> {
        let statement = format!(
            "SELECT document FROM coverage_rule ORDER BY position LIMIT {COVERAGE_RULES_MAX}"
        );
        let rows = self.database.query(&statement, Vec::new()).await?;
        rows.into_iter().map(|mut row| read("coverage rule", &row.text(0)?)).collect()
    }

    async fn replace_coverage(&self, rules: &[CoverageRule]) -> Result<(), StoreError> {
        // Written straight to text: as values in between, 100,000 rules would take a guest hundreds of MiB.
        let entries: Vec<_> = rules.iter().map(Entry::of).collect();
        let statement = "INSERT INTO coverage_swap (rules) VALUES ($1)";
        let parameters = vec![write("coverage", &entries)?.into()];
        Ok(self.database.execute(statement, parameters).await?)
    }

    async fn division(&self, code: &str) -> Result<Option<Division>, StoreError> {
        let statement = format!("{COLUMNS} WHERE code = $1");
        let rows = self.database.query(&statement, vec![code.into()]).await?;
        rows.into_iter().next().map(division).transpose()
    }
}

/// A rule as it is swapped in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    lookup_key: String,
    division_code: &'a str,
    rule: &'a CoverageRule,
}

impl Entry<'_> {
    fn of(rule: &CoverageRule) -> Entry<'_> {
        Entry { lookup_key: rule.lookup_key(), division_code: &rule.division_code, rule }
    }
}

fn division(mut row: Row) -> Result<Division, StoreError> {
    Ok(Division {
        code: row.text(0)?,
        parent_code: row.optional_text(1)?,
        name: row.text(2)?,
        kind: row.text(3)?,
        timezone: row.text(4)?,
        email: row.optional_text(5)?,
        head: row.optional_text(6)?,
    })
}
