//! Codes and sessions of subscribers, and the orders among which their own are.

use crate::Store;
use crate::codec::read;
use crate::database::{Database, DatabaseError, Value};
use crate::identity::broken;
use oms_app::identity::{Change, IdentityError};
use oms_app::ports::{Cursor, StoreError};
use oms_app::subscribers::{AccessCredentials, IssuedCode, Subscribers};
use oms_domain::login::Attempts;
use oms_domain::order::Order;
use oms_domain::profile::Subscriber;
use oms_domain::time::Instant;

impl<D: Database> Subscribers for Store<D> {
    async fn access_credentials(
        &self,
        order_number: &str,
    ) -> Result<AccessCredentials, StoreError> {
        // One row, whether there is such an order or not.
        let statement = "SELECT access_code.order_id, access_code.hash, access_code.expires_at, access_code.phone, \
                access_code.identity, login_attempt.failures, login_attempt.last_at \
            FROM (SELECT CAST($1 AS TEXT) AS number) AS typed LEFT JOIN orders ON orders.number = typed.number \
            LEFT JOIN access_code ON access_code.order_id = orders.id \
            LEFT JOIN login_attempt ON login_attempt.login = typed.number";
        let mut rows = self.database.query(statement, vec![order_number.into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(AccessCredentials::default()) };
        let code = match row.optional_text(0)? {
            None => None,
            Some(order_id) => Some(IssuedCode {
                order_id,
                hash: row.text(1)?,
                expires_at: Instant(row.integer(2)?),
                subscriber: Subscriber { phone: row.text(3)?, identity: row.text(4)? },
            }),
        };
        let attempts = Attempts {
            failures: row.optional_integer(5)?.unwrap_or_default(),
            last_at: Instant(row.optional_integer(6)?.unwrap_or_default()),
        };
        Ok(AccessCredentials { code, attempts })
    }

    async fn subscriber(
        &self,
        sha256: &str,
        now: Instant,
    ) -> Result<Option<Subscriber>, StoreError> {
        let statement =
            "SELECT phone, identity FROM subscriber_session WHERE sha256 = $1 AND expires_at > $2";
        let mut rows = self.database.query(statement, vec![sha256.into(), now.0.into()]).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        Ok(Some(Subscriber { phone: row.text(0)?, identity: row.text(1)? }))
    }

    async fn orders_of_phone(
        &self,
        phone: &str,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        let party_phone = self.database.dialect().party_phone();
        let mut parameters: Vec<Value> = vec![phone.into()];
        let condition = match after {
            None => "",
            Some(after) => {
                parameters.extend([after.value.into(), after.id.as_str().into()]);
                "AND (registered_at, id) < ($2, $3)"
            }
        };
        parameters.push(i64::from(limit).into());
        let count = parameters.len();
        let statement = format!(
            "SELECT document FROM orders WHERE {party_phone} = $1 {condition} \
             ORDER BY registered_at DESC, id DESC LIMIT ${count}"
        );
        let rows = self.database.query(&statement, parameters).await?;
        rows.into_iter().map(|mut row| read("order", &row.text(0)?)).collect()
    }

    async fn change_subscribers(&self, change: &Change) -> Result<(), IdentityError> {
        let statement = "INSERT INTO subscriber_save (changes) VALUES ($1)";
        match self.database.execute(statement, vec![change.to_json().into()]).await {
            Ok(()) => Ok(()),
            Err(DatabaseError::Rule(rule)) => Err(broken(&rule)),
            Err(error) => Err(IdentityError::Store(error.into())),
        }
    }
}
