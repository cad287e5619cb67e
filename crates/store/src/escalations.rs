//! Notices of escalations.

use crate::Store;
use crate::codec::read;
use crate::database::{Database, Dialect, Row};
use crate::page::Conditions;
use oms_app::escalations::{Notice, NoticeFilter, Notices};
use oms_app::ports::{Cursor, StoreError};
use oms_domain::time::Instant;

impl<D: Database> Notices for Store<D> {
    async fn notices(
        &self,
        filter: &NoticeFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<Notice>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.texts.push("orders.id = notice.order_id".to_owned());
        let given = [
            ("notice.division_code = {}", &filter.division),
            ("notice.order_id = {}", &filter.order_id),
        ];
        for (condition, value) in given {
            if let Some(value) = value {
                conditions.add(condition, value.as_str());
            }
        }
        if let Some(reaches) = &filter.within {
            conditions.add_reaches(reaches);
        }
        if let Some(after) = after {
            conditions.add_cursor("notice.told_at, notice.id", "<", after);
        }
        // The effect that gave the notice has its id; a second notice of the same effect has a number behind it.
        let effect = match self.database.dialect() {
            Dialect::Sqlite => "substr(notice.id, 1, instr(notice.id || '/', '/') - 1)",
            Dialect::Postgres => "split_part(notice.id, '/', 1)",
        };
        let condition = conditions.clause();
        let mut parameters = conditions.parameters;
        parameters.push(i64::from(limit).into());
        // The cross join keeps SQLite to notices first, by the index that they are sorted by, then the order of each.
        let statement = format!(
            "SELECT notice.id, notice.order_id, orders.number, notice.division_code, notice.email, notice.stage, \
             notice.due_at, notice.told_at, effect.payload \
             FROM escalation notice CROSS JOIN orders \
             LEFT JOIN effect ON effect.id = {effect}{condition} \
             ORDER BY notice.told_at DESC, notice.id DESC LIMIT ${}",
            parameters.len()
        );
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(notice).collect()
    }
}

fn notice(mut row: Row) -> Result<Notice, StoreError> {
    let rung = row.optional_text(8)?;
    Ok(Notice {
        id: row.text(0)?,
        order_id: row.text(1)?,
        order_number: row.text(2)?,
        division: row.text(3)?,
        email: row.optional_text(4)?,
        stage: row.text(5)?,
        due_at: row.optional_integer(6)?.map(Instant),
        told_at: Instant(row.integer(7)?),
        rung: rung.map(|text| read("payload", &text)).transpose()?.unwrap_or_default(),
    })
}
