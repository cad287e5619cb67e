//! Staff, roles, grants, tokens as people see them, the audit.

use crate::Store;
use crate::codec::read;
use crate::database::{Database, DatabaseError, Row, Value};
use oms_app::identity::{
    AuditEntry, Change, Credentials, GrantRecord, Identity, IdentityError, Person, TokenRecord,
};
use oms_app::ports::StoreError;
use oms_domain::limits::{LOGIN_LOCK_MS, ROLES_MAX};
use oms_domain::login::Attempts;
use oms_domain::order::OrderKind;
use oms_domain::role::Role;
use oms_domain::scenario::LocalText;
use oms_domain::staff::{Absence, Staff, Substitute};
use oms_domain::time::Instant;
use serde::Deserialize;

const GRANT: &str = "SELECT id, login, role_code, division_code, kinds, until_at, created_at, created_by FROM role_grant";
const TOKEN: &str = "SELECT id, name, rights, division_code, kinds, until_at, created_at, created_by, revoked_at FROM api_token";

impl<D: Database> Identity for Store<D> {
    async fn credentials(&self, login: &str) -> Result<Credentials, StoreError> {
        // One row, whether somebody has this login or not.
        let statement = "SELECT staff.name, staff.active, staff.password_hash, staff.totp_secret, staff.totp_step, \
                login_attempt.failures, login_attempt.last_at \
            FROM (SELECT CAST($1 AS TEXT) AS login) AS typed LEFT JOIN staff ON staff.login = typed.login \
            LEFT JOIN login_attempt ON login_attempt.login = typed.login";
        let mut rows = self.database.query(statement, vec![login.into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(Credentials::default()) };
        let person = match row.optional_text(0)? {
            None => None,
            Some(name) => Some(Person {
                name,
                active: row.integer(1)? == 1,
                password_hash: row.optional_text(2)?,
                totp_secret: row.optional_text(3)?,
                totp_step: row.optional_integer(4)?,
            }),
        };
        let attempts = Attempts {
            failures: row.optional_integer(5)?.unwrap_or_default(),
            last_at: Instant(row.optional_integer(6)?.unwrap_or_default()),
        };
        Ok(Credentials { person, attempts })
    }

    async fn count_attempt(&self, login: &str, now: Instant) -> Result<i64, StoreError> {
        let statement = "INSERT INTO login_attempt (login, failures, last_at) VALUES ($1, 1, $2) \
            ON CONFLICT (login) DO UPDATE SET last_at = excluded.last_at, \
            failures = CASE WHEN login_attempt.last_at <= $3 THEN 1 ELSE login_attempt.failures + 1 END \
            RETURNING failures";
        let forgotten = now.plus_ms(-LOGIN_LOCK_MS);
        let parameters = vec![login.into(), now.0.into(), forgotten.0.into()];
        let rows = self.database.query(statement, parameters).await?;
        rows.first().ok_or_else(|| StoreError::Corrupt("no count".to_owned()))?.integer(0)
    }

    async fn staff(&self, after: Option<&str>, limit: u32) -> Result<Vec<Staff>, StoreError> {
        let statement =
            format!("{} WHERE login > $1 ORDER BY login LIMIT $2", self.staff_columns());
        let parameters = vec![after.unwrap_or_default().into(), i64::from(limit).into()];
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(staff).collect()
    }

    async fn staff_member(&self, login: &str) -> Result<Option<Staff>, StoreError> {
        let statement = format!("{} WHERE login = $1", self.staff_columns());
        let rows = self.database.query(&statement, vec![login.into()]).await?;
        rows.into_iter().next().map(staff).transpose()
    }

    async fn roles(&self) -> Result<Vec<Role>, StoreError> {
        let statement = format!(
            "SELECT code, name_en, name_ru, rights FROM role ORDER BY code LIMIT {ROLES_MAX}"
        );
        let rows = self.database.query(&statement, Vec::new()).await?;
        let role = |mut row: Row| {
            let name = LocalText { en: row.text(1)?, ru: row.text(2)? };
            let rights = read("rights", &row.text(3)?)?;
            Ok(Role { code: row.text(0)?, name, rights, built_in: false })
        };
        rows.into_iter().map(role).collect()
    }

    async fn grants(
        &self,
        login: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<GrantRecord>, StoreError> {
        let after = Value::from(after.unwrap_or_default());
        let (condition, mut parameters) = match login {
            None => ("id > $1", vec![after]),
            Some(login) => ("login = $1 AND id > $2", vec![login.into(), after]),
        };
        parameters.push(i64::from(limit).into());
        let statement =
            format!("{GRANT} WHERE {condition} ORDER BY id LIMIT ${}", parameters.len());
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(grant).collect()
    }

    async fn grants_at_hand(
        &self,
        login: &str,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<GrantRecord>, StoreError> {
        let statement = format!(
            "{GRANT} WHERE login IN (SELECT login FROM staff WHERE login = $1 UNION ALL \
               SELECT login FROM staff WHERE substitute_login = $1 \
               AND (substitute_until IS NULL OR substitute_until > $2)) \
             ORDER BY id LIMIT $3"
        );
        let parameters = vec![login.into(), now.0.into(), i64::from(limit).into()];
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(grant).collect()
    }

    async fn grant(&self, id: &str) -> Result<Option<GrantRecord>, StoreError> {
        let statement = format!("{GRANT} WHERE id = $1");
        let rows = self.database.query(&statement, vec![id.into()]).await?;
        rows.into_iter().next().map(grant).transpose()
    }

    async fn tokens(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        let statement = format!("{TOKEN} WHERE id > $1 ORDER BY id LIMIT $2");
        let parameters = vec![after.unwrap_or_default().into(), i64::from(limit).into()];
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(token).collect()
    }

    async fn token_record(&self, id: &str) -> Result<Option<TokenRecord>, StoreError> {
        let statement = format!("{TOKEN} WHERE id = $1");
        let rows = self.database.query(&statement, vec![id.into()]).await?;
        rows.into_iter().next().map(token).transpose()
    }

    async fn division_path(&self, code: &str) -> Result<Option<String>, StoreError> {
        let statement = "SELECT path FROM division WHERE code = $1";
        let mut rows = self.database.query(statement, vec![code.into()]).await?;
        rows.first_mut().map(|row| row.text(0)).transpose()
    }

    async fn has_administrator(&self) -> Result<bool, StoreError> {
        let statement = "SELECT login FROM lasting_administrator LIMIT 1";
        Ok(!self.database.query(statement, Vec::new()).await?.is_empty())
    }

    async fn audit(&self, before: Option<&str>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        // Ids grow with time; behind all of them is the first letter after the hexadecimal digits.
        let statement = "SELECT id, at, actor, action, subject, detail FROM audit WHERE id < $1 \
            ORDER BY id DESC LIMIT $2";
        let parameters = vec![before.unwrap_or("g").into(), i64::from(limit).into()];
        let rows = self.database.query(statement, parameters).await?;
        let entry = |mut row: Row| {
            Ok(AuditEntry {
                id: row.text(0)?,
                at: Instant(row.integer(1)?),
                actor: row.text(2)?,
                action: row.text(3)?,
                subject: row.text(4)?,
                detail: read("detail", &row.text(5)?)?,
            })
        };
        rows.into_iter().map(entry).collect()
    }

    async fn change_identity(&self, change: &Change) -> Result<(), IdentityError> {
        let statement = "INSERT INTO identity_save (changes, administrator_needed) VALUES ($1, $2)";
        let needed = i64::from(change.administrator_needed);
        let parameters = vec![change.to_json().into(), needed.into()];
        match self.database.execute(statement, parameters).await {
            Ok(()) => Ok(()),
            Err(DatabaseError::Rule(rule)) => Err(broken(&rule)),
            Err(error) => Err(IdentityError::Store(error.into())),
        }
    }
}

pub(crate) fn broken(rule: &str) -> IdentityError {
    let marks = [
        ("identity_stale", IdentityError::Stale),
        ("totp_used", IdentityError::CodeUsed),
        ("access_code_used", IdentityError::CodeUsed),
        ("last_administrator", IdentityError::LastAdministrator),
    ];
    let found = marks.into_iter().find(|(mark, _)| rule.contains(mark));
    found.map_or(IdentityError::Taken, |(_, error)| error)
}

impl<D: Database> Store<D> {
    /// The columns of one of the staff, their absences as JSON.
    fn staff_columns(&self) -> String {
        let dialect = self.database.dialect();
        let absence = dialect.tuple_of("from_at, until_at, reason");
        let absences = dialect.array_of(&absence);
        format!(
            "SELECT login, version, name, position, email, phone, active, totp_secret, substitute_login, \
             substitute_from, substitute_until, created_at, \
             (SELECT {absences} FROM staff_absence WHERE staff_absence.login = staff.login) FROM staff"
        )
    }
}

#[derive(Deserialize)]
struct AbsenceRow(i64, i64, Option<String>);

fn staff(mut row: Row) -> Result<Staff, StoreError> {
    let from = row.optional_integer(9)?.map(Instant);
    let until = row.optional_integer(10)?.map(Instant);
    let substitute = row.optional_text(8)?.map(|login| Substitute { login, from, until });
    let absences: Vec<AbsenceRow> = read("absences", &row.text(12)?)?;
    let absence = |AbsenceRow(from, until, reason): AbsenceRow| Absence {
        from: Instant(from),
        until: Instant(until),
        reason,
    };
    Ok(Staff {
        login: row.text(0)?,
        version: row.integer(1)?,
        name: row.text(2)?,
        position: row.optional_text(3)?,
        email: row.optional_text(4)?,
        phone: row.optional_text(5)?,
        active: row.integer(6)? == 1,
        totp: row.optional_text(7)?.is_some(),
        substitute,
        absences: absences.into_iter().map(absence).collect(),
        created_at: Instant(row.integer(11)?),
    })
}

fn kinds(row: &mut Row, column: usize) -> Result<Vec<OrderKind>, StoreError> {
    match row.optional_text(column)? {
        Some(kinds) => read("kinds", &kinds),
        None => Ok(Vec::new()),
    }
}

fn grant(mut row: Row) -> Result<GrantRecord, StoreError> {
    Ok(GrantRecord {
        id: row.text(0)?,
        login: row.text(1)?,
        role: row.text(2)?,
        division: row.optional_text(3)?,
        kinds: kinds(&mut row, 4)?,
        until: row.optional_integer(5)?.map(Instant),
        created_at: Instant(row.integer(6)?),
        created_by: row.text(7)?,
    })
}

fn token(mut row: Row) -> Result<TokenRecord, StoreError> {
    Ok(TokenRecord {
        id: row.text(0)?,
        name: row.text(1)?,
        rights: read("rights", &row.text(2)?)?,
        division: row.optional_text(3)?,
        kinds: kinds(&mut row, 4)?,
        until: row.optional_integer(5)?.map(Instant),
        created_at: Instant(row.integer(6)?),
        created_by: row.optional_text(7)?,
        revoked_at: row.optional_integer(8)?.map(Instant),
    })
}
