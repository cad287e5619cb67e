//! What stages have taken, and the medians of it.

use crate::Store;
use crate::codec::{read, write};
use crate::database::{Database, Dialect};
use oms_app::outlook::{StageTime, StageTimes};
use oms_app::ports::StoreError;
use oms_domain::projection::Medians;
use oms_domain::time::Instant;
use std::collections::BTreeMap;

impl<D: Database> StageTimes for Store<D> {
    async fn begin_measuring(
        &self,
        now: Instant,
        unless_since: Instant,
    ) -> Result<bool, StoreError> {
        let statement = "UPDATE stage_measurement SET measured_at = $1 \
                         WHERE measured_at <= $2 RETURNING measured_at";
        let parameters = vec![now.0.into(), unless_since.0.into()];
        Ok(!self.database.query(statement, parameters).await?.is_empty())
    }

    async fn forget_stage_times(&self, before: Instant) -> Result<(), StoreError> {
        let statement = "DELETE FROM stage_time WHERE left_at < $1";
        Ok(self.database.execute(statement, vec![before.0.into()]).await?)
    }

    async fn stage_times(&self, limit: u32) -> Result<Vec<StageTime>, StoreError> {
        let statement = stage_times_statement(self.database.dialect());
        let rows = self.database.query(&statement, vec![i64::from(limit).into()]).await?;
        let stage_time = |mut row: crate::Row| {
            let working_minutes = read("working minutes", &row.text(2)?)?;
            Ok(StageTime { scenario: row.text(0)?, stage: row.text(1)?, working_minutes })
        };
        rows.into_iter().map(stage_time).collect()
    }

    async fn keep_medians(
        &self,
        medians: &BTreeMap<String, Medians>,
        now: Instant,
    ) -> Result<(), StoreError> {
        let measured = write("medians", medians)?;
        let statement = match self.database.dialect() {
            Dialect::Sqlite => {
                "INSERT INTO stage_median (scenario_code, medians, measured_at) \
                 SELECT key, value, CAST($1 AS BIGINT) FROM json_each($2) WHERE true \
                 ON CONFLICT (scenario_code) DO UPDATE SET medians = excluded.medians, \
                    measured_at = excluded.measured_at"
            }
            Dialect::Postgres => {
                "INSERT INTO stage_median (scenario_code, medians, measured_at) \
                 SELECT key, value::text, CAST($1 AS BIGINT) FROM json_each($2::text::json) \
                 ON CONFLICT (scenario_code) DO UPDATE SET medians = excluded.medians, \
                    measured_at = excluded.measured_at"
            }
        };
        self.database.execute(statement, vec![now.0.into(), measured.into()]).await?;
        let statement = "DELETE FROM stage_median WHERE measured_at < $1";
        Ok(self.database.execute(statement, vec![now.0.into()]).await?)
    }
}

/// From one stage that orders have left to the next, each step along the index, and of each the latest orders: however
/// many have left it, so many rows are read.
fn stage_times_statement(dialect: Dialect) -> String {
    let minutes = dialect.array_of("latest.working_minutes");
    let next = |column: &str| {
        format!(
            "(SELECT {column} FROM stage_time \
              WHERE (scenario_code, stage) > (pair.scenario_code, pair.stage) \
              ORDER BY scenario_code, stage LIMIT 1)"
        )
    };
    let (next_scenario, next_stage) = (next("scenario_code"), next("stage"));
    format!(
        "WITH RECURSIVE pair (scenario_code, stage) AS (\
           SELECT '', '' UNION ALL \
           SELECT {next_scenario}, {next_stage} FROM pair WHERE pair.scenario_code IS NOT NULL) \
         SELECT pair.scenario_code, pair.stage, (SELECT {minutes} FROM (\
             SELECT working_minutes FROM stage_time \
             WHERE stage_time.scenario_code = pair.scenario_code AND stage_time.stage = pair.stage \
             ORDER BY left_at DESC LIMIT $1) AS latest) \
         FROM pair WHERE pair.scenario_code <> ''"
    )
}

/// The medians of the scenario of an order whose document is in a column, as one column; null: nothing was measured.
pub fn medians_of(dialect: Dialect, document: &str) -> String {
    let code = match dialect {
        Dialect::Sqlite => format!("{document} ->> '$.scenario.code'"),
        Dialect::Postgres => format!("({document}::json -> 'scenario' ->> 'code')"),
    };
    format!("(SELECT medians FROM stage_median WHERE scenario_code = {code})")
}

/// Reads that column.
pub fn read_medians(text: Option<String>) -> Result<Medians, StoreError> {
    text.map_or_else(|| Ok(Medians::default()), |text| read("medians", &text))
}
