//! What a person reads of orders is noted, after the answer went out: nobody waits for it.

use crate::{Session, clock};
use oms_app::reads::{self, Reading};

/// Notes that a person has read an order.
pub fn note_read(session: &Session, order_id: &str, reading: Reading) {
    note_reads(session, [order_id], reading);
}

/// Notes that a person has read these orders, by one statement for all. Programs read for others; their tokens say for
/// whom.
pub fn note_reads<'a>(
    session: &Session,
    order_ids: impl IntoIterator<Item = &'a str>,
    reading: Reading,
) {
    if !session.is_person {
        return;
    }
    let order_ids: Vec<String> = order_ids.into_iter().map(str::to_owned).collect();
    if order_ids.is_empty() {
        return;
    }
    let (backend, actor, now) = (session.backend.clone(), session.actor.name.clone(), clock());
    spin_sdk::wasip3::spawn(async move {
        if let Err(error) = reads::note(&backend, &actor, &order_ids, reading, now).await {
            let (what, orders) = (reading.code(), order_ids.join(", "));
            eprintln!("{actor} read {orders} ({what}) at {now}, and that was not kept: {error}");
        }
    });
}
