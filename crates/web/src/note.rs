//! What a person reads of an order is noted, after the answer went out: nobody waits for it.

use crate::{Session, clock};
use oms_app::reads;

/// Notes that a person has read an order (`order`) or a document of it (`document`). Programs read for others; their
/// tokens say for whom.
pub fn note_read(session: &Session, order_id: &str, what: &'static str) {
    if !session.is_person {
        return;
    }
    let (backend, actor) = (session.backend.clone(), session.actor.name.clone());
    let (order_id, now) = (order_id.to_owned(), clock());
    spin_sdk::wasip3::spawn(async move {
        if let Err(error) = reads::note(&backend, &actor, &order_id, what, now).await {
            eprintln!(
                "{actor} read the {what} of {order_id} at {now}, and that was not kept: {error}"
            );
        }
    });
}
