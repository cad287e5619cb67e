//! Tokens and sessions, kept as hashes. Who shows one is found by one statement, with all that they may.

use crate::Store;
use crate::codec::read;
use crate::database::{Database, Row};
use oms_app::ports::{StoreError, Tokens};
use oms_domain::access::{Divisions, Grant, Holder, Period, Reach};
use oms_domain::limits::GRANTS_MAX;
use oms_domain::order::OrderKind;
use oms_domain::rights::Right;
use oms_domain::role::built_in_rights;
use oms_domain::time::Instant;
use serde_json::json;

const NONE: &str = "CAST(NULL AS BIGINT)";

/// A token in the columns of a grant.
const TOKEN: &str = "SELECT api_token.name, CAST(NULL AS TEXT), api_token.rights, api_token.division_code, \
    division.path, api_token.kinds, api_token.until_at, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), \
    CAST(NULL AS BIGINT), CAST(NULL AS BIGINT) \
    FROM api_token LEFT JOIN division ON division.code = api_token.division_code";

impl<D: Database> Tokens for Store<D> {
    async fn token(&self, sha256: &str) -> Result<Option<Holder>, StoreError> {
        let statement =
            format!("{TOKEN} WHERE api_token.sha256 = $1 AND api_token.revoked_at IS NULL");
        holder(self.database.query(&statement, vec![sha256.into()]).await?)
    }

    async fn session(&self, sha256: &str, now: Instant) -> Result<Option<Holder>, StoreError> {
        let statement = format!(
            "WITH shown (login, token_sha256) AS (\
               SELECT login, token_sha256 FROM session WHERE sha256 = $1 AND expires_at > $2), \
             who (login) AS (\
               SELECT staff.login FROM shown JOIN staff ON staff.login = shown.login WHERE staff.active = 1), \
             held (login, absent_from, absent_until, substitute_from, substitute_until) AS (\
               SELECT login, {NONE}, {NONE}, {NONE}, {NONE} FROM who \
               UNION ALL \
               SELECT absent.login, absence.from_at, absence.until_at, absent.substitute_from, absent.substitute_until \
               FROM who JOIN staff absent ON absent.substitute_login = who.login \
               JOIN staff_absence absence ON absence.login = absent.login \
               WHERE absent.active = 1 AND absence.from_at <= $2 AND absence.until_at > $2) \
             SELECT who.login, role_grant.role_code, role.rights, role_grant.division_code, division.path, \
                    role_grant.kinds, role_grant.until_at, \
                    held.absent_from, held.absent_until, held.substitute_from, held.substitute_until \
             FROM who CROSS JOIN held LEFT JOIN role_grant ON role_grant.login = held.login \
             LEFT JOIN role ON role.code = role_grant.role_code \
             LEFT JOIN division ON division.code = role_grant.division_code \
             UNION ALL \
             {TOKEN} JOIN shown ON shown.token_sha256 = api_token.sha256 WHERE api_token.revoked_at IS NULL \
             LIMIT {GRANTS_MAX}"
        );
        holder(self.database.query(&statement, vec![sha256.into(), now.0.into()]).await?)
    }

    async fn add_token(
        &self,
        sha256: &str,
        name: &str,
        rights: &[Right],
        now: Instant,
    ) -> Result<(), StoreError> {
        let statement = "INSERT INTO api_token (sha256, id, name, rights, created_at) \
            VALUES ($1, substr($1, 1, 32), $2, $3, $4)";
        let parameters =
            vec![sha256.into(), name.into(), json!(rights).to_string().into(), now.0.into()];
        Ok(self.database.execute(statement, parameters).await?)
    }
}

/// Each row is a grant of the same holder, or says that they have none.
fn holder(rows: Vec<Row>) -> Result<Option<Holder>, StoreError> {
    let mut found: Option<Holder> = None;
    for mut row in rows {
        let name = row.text(0)?;
        let holder = found.get_or_insert_with(|| Holder { name, grants: Vec::new() });
        holder.grants.extend(grant(&mut row)?);
    }
    Ok(found)
}

fn grant(row: &mut Row) -> Result<Option<Grant>, StoreError> {
    let (role, rights) = (row.optional_text(1)?, row.optional_text(2)?);
    let rights: Vec<Right> = match (&role, rights) {
        (_, Some(rights)) => read("rights", &rights)?,
        // A role that is gone gives nothing.
        (Some(role), None) => built_in_rights(role).unwrap_or_default().to_vec(),
        (None, None) => return Ok(None),
    };
    let divisions = match (row.optional_text(3)?, row.optional_text(4)?) {
        (None, _) => Divisions::Whole,
        (Some(_), Some(path)) => Divisions::Subtree(path),
        (Some(_), None) => Divisions::Nowhere,
    };
    let kinds: Vec<OrderKind> = match row.optional_text(5)? {
        Some(kinds) => read("kinds", &kinds)?,
        None => Vec::new(),
    };
    let instant = |column: usize| Ok::<_, StoreError>(row.optional_integer(column)?.map(Instant));
    let periods = vec![
        Period { from: None, until: instant(6)? },
        Period { from: instant(7)?, until: instant(8)? },
        Period { from: instant(9)?, until: instant(10)? },
    ];
    Ok(Some(Grant { rights, reach: Reach { divisions, kinds }, periods }))
}
