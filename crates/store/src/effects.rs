//! The outbox.

use crate::Store;
use crate::codec::{read, word};
use crate::database::{Database, Row, Value};
use oms_app::ports::{ClaimedEffect, EffectRecord, Effects, StoreError};
use oms_domain::effect::{EffectKind, EffectState};
use oms_domain::limits::EFFECT_LEASE_MS;
use oms_domain::time::Instant;

const COLUMNS: &str = "effect.id, effect.order_id, orders.number, effect.kind, effect.state, effect.payload, \
    effect.attempts, effect.next_attempt_at, effect.last_error, effect.created_at, effect.settled_at \
    FROM effect JOIN orders ON orders.id = effect.order_id";

impl<D: Database> Effects for Store<D> {
    async fn claim(
        &self,
        kinds: &[EffectKind],
        lease: &str,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<ClaimedEffect>, StoreError> {
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
        let dialect = self.database.dialect();
        let statement = format!(
            "UPDATE effect SET lease = $1, next_attempt_at = $2, attempts = attempts + 1 \
             WHERE id IN (SELECT id FROM effect WHERE state = 'waiting' AND {} AND next_attempt_at <= $4 \
                          ORDER BY next_attempt_at LIMIT $5{}) \
             RETURNING id, order_id, kind, payload, attempts",
            dialect.is_among("kind", "$3"),
            dialect.skip_locked()
        );
        let parameters = vec![
            lease.into(),
            now.plus_ms(EFFECT_LEASE_MS).0.into(),
            serde_json::json!(kinds).to_string().into(),
            now.0.into(),
            i64::from(limit).into(),
        ];
        let rows = self.database.query(&statement, parameters).await?;
        let claimed = rows.into_iter().map(|mut row| {
            Ok(ClaimedEffect {
                id: row.text(0)?,
                order_id: row.text(1)?,
                kind: word("kind of effect", EffectKind::WORDS, &row.text(2)?)?,
                payload: read("payload", &row.text(3)?)?,
                attempts: row.integer(4)?,
                lease: lease.to_owned(),
            })
        });
        claimed.collect()
    }

    async fn postpone(
        &self,
        effect: &str,
        lease: &str,
        error: &str,
        next_attempt_at: Instant,
    ) -> Result<(), StoreError> {
        let statement = "UPDATE effect SET lease = NULL, last_error = $1, next_attempt_at = $2 \
                         WHERE id = $3 AND lease = $4 AND state = 'waiting'";
        let parameters = vec![error.into(), next_attempt_at.0.into(), effect.into(), lease.into()];
        Ok(self.database.execute(statement, parameters).await?)
    }

    async fn release(&self, effects: &[&str], lease: &str, now: Instant) -> Result<(), StoreError> {
        let statement = format!(
            "UPDATE effect SET lease = NULL, next_attempt_at = $1, attempts = attempts - 1 \
             WHERE {} AND lease = $3 AND state = 'waiting'",
            self.database.dialect().is_among("id", "$2")
        );
        let effects = serde_json::json!(effects).to_string();
        let parameters = vec![now.0.into(), effects.into(), lease.into()];
        Ok(self.database.execute(&statement, parameters).await?)
    }

    async fn effects(
        &self,
        state: Option<EffectState>,
        order_id: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<EffectRecord>, StoreError> {
        let mut conditions = Vec::new();
        let mut parameters: Vec<Value> = Vec::new();
        let given = [
            ("effect.state =", state.map(EffectState::code)),
            ("effect.order_id =", order_id),
            ("effect.id >", after),
        ];
        for (condition, value) in given {
            if let Some(value) = value {
                parameters.push(value.into());
                conditions.push(format!("{condition} ${}", parameters.len()));
            }
        }
        let filter = match conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", conditions.join(" AND ")),
        };
        parameters.push(i64::from(limit).into());
        let statement =
            format!("SELECT {COLUMNS}{filter} ORDER BY effect.id LIMIT ${}", parameters.len());
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(record).collect()
    }

    async fn effect(&self, id: &str) -> Result<Option<EffectRecord>, StoreError> {
        let statement = format!("SELECT {COLUMNS} WHERE effect.id = $1");
        let rows = self.database.query(&statement, vec![id.into()]).await?;
        rows.into_iter().next().map(record).transpose()
    }

    async fn due_kinds(&self, now: Instant) -> Result<Vec<EffectKind>, StoreError> {
        // One look into the index per kind, however many effects are due.
        let exists = EffectKind::WORDS.iter().map(|(kind, _)| {
            format!(
                "SELECT '{kind}' WHERE EXISTS (SELECT 1 FROM effect \
                 WHERE state = 'waiting' AND kind = '{kind}' AND next_attempt_at <= $1)"
            )
        });
        let statement = exists.collect::<Vec<_>>().join(" UNION ALL ");
        let rows = self.database.query(&statement, vec![now.0.into()]).await?;
        rows.into_iter()
            .map(|mut row| word("kind of effect", EffectKind::WORDS, &row.text(0)?))
            .collect()
    }

    async fn forget_idempotency_keys(&self, before: Instant) -> Result<(), StoreError> {
        let statement = "DELETE FROM idempotency_key WHERE created_at < $1";
        Ok(self.database.execute(statement, vec![before.0.into()]).await?)
    }
}

fn record(mut row: Row) -> Result<EffectRecord, StoreError> {
    Ok(EffectRecord {
        id: row.text(0)?,
        order_id: row.text(1)?,
        order_number: row.text(2)?,
        kind: word("kind of effect", EffectKind::WORDS, &row.text(3)?)?,
        state: word("state of effect", EffectState::WORDS, &row.text(4)?)?,
        payload: read("payload", &row.text(5)?)?,
        attempts: row.integer(6)?,
        next_attempt_at: row.optional_integer(7)?.map(Instant),
        last_error: row.optional_text(8)?,
        created_at: Instant(row.integer(9)?),
        settled_at: row.optional_integer(10)?.map(Instant),
    })
}
