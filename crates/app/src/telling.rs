//! Who is told of a deadline, and where they get their mail.

use crate::identity::Identity;
use crate::ports::{ClaimedEffect, Escalation, Organisation, StoreError};
use oms_domain::decide::Told;
use oms_domain::order::Order;
use oms_domain::party::is_email;
use oms_domain::scenario::Receiver;
use oms_domain::staff::Staff;
use oms_domain::time::Instant;
use serde::Deserialize;
use serde_json::Value;

/// All that an escalation has told: for the history, and for the lists of the divisions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Telling {
    pub told: Vec<Told>,
    pub escalations: Vec<Escalation>,
}

/// Who is to be told, as the rung that fired named them.
#[derive(Deserialize)]
struct Named {
    /// The word of a [`Receiver`].
    to: String,
    /// Code of the division; None: a person.
    code: Option<String>,
    name: String,
}

/// Finds out for each receiver of an escalation who that is now. A person is told along with the division that has the
/// order, so that a notice is always listed.
pub async fn telling<P: Organisation + Identity>(
    ports: &P,
    effect: &ClaimedEffect,
    order: &Order,
    now: Instant,
) -> Result<Telling, StoreError> {
    let payload = &effect.payload;
    let mut telling = Telling::default();
    for named in named(payload, order) {
        let Some(code) = named.code.clone() else {
            telling.told.push(person(ports, named, now).await?);
            continue;
        };
        // A division that was removed meanwhile still gets its notice under its code.
        let division = ports.division(&code).await?;
        let email = division.as_ref().and_then(|division| division.email.clone());
        let name = division.map_or(named.name, |division| division.name);
        let told = Told { to: named.to, name, email: email.clone(), stands_in_for: None };
        telling.told.push(told);
        let id = match telling.escalations.len() {
            0 => effect.id.clone(),
            place => format!("{}/{}", effect.id, place + 1),
        };
        telling.escalations.push(Escalation {
            id,
            division: code,
            email,
            stage: payload["stage"].as_str().unwrap_or_default().to_owned(),
            due_at: payload["dueAt"].as_str().and_then(Instant::parse),
        });
    }
    Ok(telling)
}

fn named(payload: &Value, order: &Order) -> Vec<Named> {
    let listed = Vec::<Named>::deserialize(&payload["receivers"]).unwrap_or_default();
    let has_division = listed.iter().any(|named| named.code.is_some());
    let code = payload["division"].as_str().unwrap_or(&order.division.code).to_owned();
    let to = Receiver::Division.word().to_owned();
    let own = Named { to, name: code.clone(), code: Some(code) };
    listed.into_iter().chain(Some(own).filter(|_| !has_division)).collect()
}

/// A watcher gets mail at the address that the scenario names, or at that of the login. For a head of a division who is
/// absent the substitute is told. Who has left, or has no address, is named all the same, and nobody instead.
async fn person<P: Identity>(ports: &P, named: Named, now: Instant) -> Result<Told, StoreError> {
    let Named { to, name, .. } = named;
    let told = Told { to, name, email: None, stands_in_for: None };
    match told.to.as_str() {
        Receiver::ASSIGNEE => Ok(told),
        Receiver::WATCHER if is_email(&told.name) => {
            Ok(Told { email: Some(told.name.clone()), ..told })
        }
        Receiver::WATCHER => {
            let member = working(ports, &told.name).await?;
            Ok(Told { email: member.and_then(|member| member.email), ..told })
        }
        _ => head(ports, told, now).await,
    }
}

async fn head<P: Identity>(ports: &P, told: Told, now: Instant) -> Result<Told, StoreError> {
    let Some(head) = working(ports, &told.name).await? else { return Ok(told) };
    let stand_in = match head.stand_in(now) {
        Some(login) => working(ports, login).await?,
        None => None,
    };
    Ok(match stand_in {
        None => Told { name: head.name, email: head.email, ..told },
        Some(Staff { name, email, .. }) => {
            Told { name, email, stands_in_for: Some(head.name), ..told }
        }
    })
}

/// One of the staff who has not left.
async fn working<P: Identity>(ports: &P, login: &str) -> Result<Option<Staff>, StoreError> {
    Ok(ports.staff_member(login).await?.filter(|member| member.active))
}
