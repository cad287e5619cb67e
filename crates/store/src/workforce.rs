//! Technicians and their visits.

use crate::Store;
use crate::codec::{read, write};
use crate::database::{Database, DatabaseError, Dialect, Row};
use crate::save::broken_rule;
use oms_app::ports::{SaveError, StoreError};
use oms_app::workforce::{TechnicianList, Visit, Workforces};
use oms_domain::limits::{DIVISION_DEPTH_MAX, TECHNICIANS_MAX};
use oms_domain::order::AppointmentState;
use oms_domain::time::Instant;
use oms_domain::workforce::{Booking, Technician, Workforce, WorkforceQuery};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// No visit is longer than half a day: one that reaches into a time begins no earlier than that before it.
const VISIT_MS_MAX: i64 = 12 * 60 * 60 * 1000;

impl<D: Database> Workforces for Store<D> {
    async fn workforce(&self, query: &WorkforceQuery) -> Result<Workforce, StoreError> {
        static STATEMENTS: LazyLock<[String; 2]> =
            LazyLock::new(|| [Dialect::Sqlite, Dialect::Postgres].map(workforce_statement));
        let statement = match self.database.dialect() {
            Dialect::Sqlite => &STATEMENTS[0],
            Dialect::Postgres => &STATEMENTS[1],
        };
        let parameters = vec![
            write("divisions", &query.divisions)?.into(),
            (query.from.0 - VISIT_MS_MAX).into(),
            query.to.0.into(),
        ];
        let mut rows = self.database.query(statement, parameters).await?;
        let row = rows.first_mut().ok_or_else(|| StoreError::Corrupt("no row".to_owned()))?;
        let is_registered = row.integer(0)? > 0;
        let found: Vec<(String, Technician, String)> = read("technicians", &row.text(1)?)?;
        let booked: Vec<(String, String, i64, i64)> = read("bookings", &row.text(2)?)?;
        let mut technicians: BTreeMap<String, Vec<Technician>> = BTreeMap::new();
        for (division, mut technician, timezone) in found {
            technician.timezone.get_or_insert(timezone);
            technicians.entry(division).or_default().push(technician);
        }
        let booking = |(technician, order_id, from, to)| Booking {
            technician,
            order_id,
            from: Instant(from),
            to: Instant(to),
        };
        let bookings = booked.into_iter().map(booking).collect();
        Ok(Workforce { is_registered, technicians, bookings })
    }

    async fn technicians(&self) -> Result<TechnicianList, StoreError> {
        let statement = format!(
            "SELECT technician_list.version, technician.document \
             FROM technician_list LEFT JOIN technician ON true \
             ORDER BY technician.position LIMIT {TECHNICIANS_MAX}"
        );
        let rows = self.database.query(&statement, Vec::new()).await?;
        let mut list = TechnicianList { version: 0, technicians: Vec::with_capacity(rows.len()) };
        for mut row in rows {
            list.version = row.integer(0)?;
            if let Some(document) = row.optional_text(1)? {
                list.technicians.push(read("technician", &document)?);
            }
        }
        Ok(list)
    }

    async fn replace_technicians(
        &self,
        technicians: &[Technician],
        expected_version: Option<i64>,
        now: Instant,
    ) -> Result<(), SaveError> {
        let statement = "INSERT INTO technician_swap (expected_version, technicians, swapped_at) VALUES ($1, $2, $3)";
        let parameters =
            vec![expected_version.into(), write("technicians", &technicians)?.into(), now.0.into()];
        self.database.execute(statement, parameters).await.map_err(|error| match &error {
            DatabaseError::Rule(_) => broken_rule(error),
            DatabaseError::Failed(_) => SaveError::Store(error.into()),
        })
    }

    async fn booked_technicians(&self, after: Instant) -> Result<Vec<String>, StoreError> {
        let statement = format!(
            "SELECT DISTINCT technician FROM booking WHERE from_at > $1 AND state = 'booked' \
             ORDER BY technician LIMIT {TECHNICIANS_MAX}"
        );
        let rows = self.database.query(&statement, vec![after.0.into()]).await?;
        rows.into_iter().map(|mut row| row.text(0)).collect()
    }

    async fn technician(&self, code: &str) -> Result<Option<Technician>, StoreError> {
        let statement = "SELECT technician.document, division.timezone FROM technician \
                         LEFT JOIN division ON division.code = technician.division_code WHERE technician.code = $1";
        let mut rows = self.database.query(statement, vec![code.into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        let mut technician: Technician = read("technician", &row.text(0)?)?;
        if technician.timezone.is_none() {
            technician.timezone = row.optional_text(1)?;
        }
        Ok(Some(technician))
    }

    async fn visits(
        &self,
        technician: &str,
        from: Instant,
        to: Instant,
        limit: u32,
    ) -> Result<Vec<Visit>, StoreError> {
        let statement = "SELECT booking.from_at, booking.to_at, booking.state, booking.overridden, orders.document \
                         FROM booking JOIN orders ON orders.id = booking.order_id \
                         WHERE booking.technician = $1 AND booking.from_at >= $2 AND booking.from_at < $3 \
                         ORDER BY booking.from_at LIMIT $4";
        let parameters =
            vec![technician.into(), from.0.into(), to.0.into(), i64::from(limit).into()];
        let rows = self.database.query(statement, parameters).await?;
        rows.into_iter().map(visit).collect()
    }
}

fn visit(mut row: Row) -> Result<Visit, StoreError> {
    let state = match row.text(2)?.as_str() {
        "booked" => AppointmentState::Booked,
        "done" => AppointmentState::Done,
        other => return Err(StoreError::Corrupt(format!("{other:?} is no state of a booking"))),
    };
    Ok(Visit {
        from: Instant(row.integer(0)?),
        to: Instant(row.integer(1)?),
        state,
        is_override: row.integer(3)? == 1,
        order: read("order", &row.text(4)?)?,
    })
}

/// From each division down to its technicians, and what they have to do; and whether there are technicians at all. The
/// cross join keeps SQLite to that order: divisions first, then their technicians by index.
fn workforce_statement(dialect: Dialect) -> String {
    let is_asked = dialect.is_among("code", "$1");
    let technician = dialect.tuple_of(&format!("start, {}, timezone", dialect.json("document")));
    let technicians = dialect.array_of(&technician);
    let booking = dialect.tuple_of("technician, order_id, from_at, to_at");
    let bookings = dialect.array_of(&booking);
    format!(
        "WITH RECURSIVE below (start, code, timezone, depth) AS (\
           SELECT code, code, timezone, 0 FROM division WHERE {is_asked} \
           UNION ALL SELECT below.start, child.code, child.timezone, below.depth + 1 \
           FROM below JOIN division child ON child.parent_code = below.code WHERE below.depth < {DIVISION_DEPTH_MAX}), \
         found AS (SELECT below.start, below.timezone, technician.code, technician.document \
           FROM below CROSS JOIN technician WHERE technician.division_code = below.code) \
         SELECT (SELECT count(*) FROM (SELECT code FROM technician ORDER BY code LIMIT 1) AS any_technician), \
                (SELECT {technicians} FROM found), \
                (SELECT {bookings} FROM booking WHERE technician IN (SELECT code FROM found) \
                 AND from_at > $2 AND from_at < $3)"
    )
}
