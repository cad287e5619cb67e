//! Times without a zone: they are those of the division that operates the address.

use super::values::zone_of;
use crate::client::Api;
use anyhow::{Result, bail};
use chrono_tz::Tz;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Time zones of divisions, and of the addresses that were looked up before.
pub struct Zones {
    by_division: BTreeMap<String, Tz>,
    by_address: Mutex<BTreeMap<String, Tz>>,
}

impl Zones {
    /// No zones, for a mapping that asks for none.
    pub fn none() -> Zones {
        Zones { by_division: BTreeMap::new(), by_address: Mutex::default() }
    }

    /// The zones of all divisions of a server.
    pub async fn read(api: &Api) -> Result<Zones> {
        let answer = api.send(|| api.request(Method::GET, "/api/v1/divisions")).await?;
        if !answer.status.is_success() {
            bail!("the divisions can't be read: {}", answer.faults().join("; "));
        }
        let divisions = answer.body["items"].as_array().cloned().unwrap_or_default();
        let by_division = divisions
            .iter()
            .filter_map(|division| {
                let zone = division["timezone"].as_str().and_then(zone_of)?;
                Some((division["code"].as_str()?.to_owned(), zone))
            })
            .collect();
        Ok(Zones { by_division, by_address: Mutex::default() })
    }

    /// The zone of the division that operates an address, or why there is none.
    pub async fn of(&self, api: &Api, address: &Value) -> Result<Result<Tz, String>> {
        let key = address.to_string();
        let known =
            self.by_address.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(zone) = known {
            return Ok(Ok(zone));
        }
        let fields = ["country", "region", "city", "street", "house", "postcode"];
        let query: Vec<(&str, &str)> =
            fields.into_iter().filter_map(|name| Some((name, address[name].as_str()?))).collect();
        let path = "/api/v1/coverage/lookup";
        let answer = api.send(|| api.request(Method::GET, path).query(&query)).await?;
        if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            bail!(answer.faults().join("; "));
        }
        if !answer.status.is_success() {
            return Ok(Err(answer.faults().join("; ")));
        }
        let code = answer.body["division"]["code"].as_str().unwrap_or_default();
        let Some(zone) = self.by_division.get(code).copied() else {
            return Ok(Err(format!("division {code:?} has no known time zone")));
        };
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner).insert(key, zone);
        Ok(Ok(zone))
    }
}
