//! Bytes by their SHA-256, what describes them, and tokens.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::orders::{MORNING, document, next, save_of, saved, support};
use oms_app::ports::{Documents, Orders, Save, StoreError, Tokens};
use oms_domain::access::{Grant, Holder, Period, Reach};
use oms_domain::decide::Command;
use oms_domain::rights::Right;

on_both_databases! {
    bytes_come_back_as_they_were
    a_document_is_described_with_its_order
    a_token_is_known_by_its_hash_until_it_is_revoked
}

async fn bytes_come_back_as_they_were(store: TestStore) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let large = every_byte.repeat(8 * 1024);
    let contents: [(&str, &[u8]); 3] = [("empty", b""), ("every", &every_byte), ("large", &large)];
    for (sha256, content) in contents {
        store.put_content(sha256, content).await.expect("kept");
        assert_eq!(store.content(sha256).await, Ok(Some(content.to_vec())), "{sha256}");
        store.put_content(sha256, content).await.expect("keeping it again is no fault");
    }
    assert_eq!(store.content("unknown").await, Ok(None));
    assert_eq!(store.number("SELECT count(*) FROM document_content").await, 3);
}

async fn a_document_is_described_with_its_order(store: TestStore) {
    let order = saved(&store, &support(), MORNING).await;
    store.put_content("abc", b"pdf").await.expect("kept");
    let mut document = document(&order, "contract", "abc");
    document.name = "Договор \"№ 1\".pdf".to_owned();
    let decision = next(&order, Command::AddDocument { document: document.clone() }, MORNING);
    let save = Save { documents: vec![document.clone()], ..save_of(&decision, MORNING) };
    store.save(save).await.expect("it is saved");
    assert_eq!(store.document(&document.id).await, Ok(Some((document, order.id))));
    assert_eq!(store.document("unknown").await, Ok(None));
}

async fn a_token_is_known_by_its_hash_until_it_is_revoked(store: TestStore) {
    let rights = [Right::OrdersRead, Right::OrdersRegister];
    store.add_token("hash", "the web site", &rights, MORNING).await.expect("added");
    store.add_token("other", "nobody", &[], MORNING).await.expect("added");
    assert_eq!(store.token("hash").await, Ok(Some(holder("the web site", &rights))));
    assert_eq!(store.token("other").await, Ok(Some(holder("nobody", &[]))));
    assert_eq!(store.token("HASH").await, Ok(None));
    let again = store.add_token("hash", "somebody else", &[Right::Admin], MORNING).await;
    assert!(matches!(again, Err(StoreError::Unavailable(_))), "{again:?}");
    store
        .execute("UPDATE api_token SET revoked_at = $1 WHERE sha256 = 'hash'", vec![1.into()])
        .await;
    assert_eq!(store.token("hash").await, Ok(None));
    assert!(store.token("other").await.expect("looked up").is_some());
}

/// A token as it was made: its rights everywhere, for good.
fn holder(name: &str, rights: &[Right]) -> Holder {
    let grant = Grant {
        rights: rights.to_vec(),
        reach: Reach::EVERYTHING,
        periods: vec![Period::default(); 3],
    };
    Holder { name: name.to_owned(), grants: vec![grant] }
}
