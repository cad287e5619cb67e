//! Files are added to orders and handed out; tokens are made and recognised.

use crate::support::database::{Kind, run};
use crate::support::operator::{self, admin, nobody};
use crate::support::orders::{MORNING, connect, saved, stored};
use oms_app::AppError;
use oms_app::documents::{Upload, content, describe, upload};
use oms_app::hash::sha256_hex;
use oms_app::tokens::{authenticate, create};
use oms_domain::rights::{Actor, Right};

fn passport(content: &[u8]) -> Upload<'_> {
    Upload {
        kind: "passport".to_owned(),
        name: "passport.png".to_owned(),
        media_type: "image/png".to_owned(),
        content,
    }
}

#[test]
fn a_file_is_kept_once_and_handed_out_as_it_was() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let order = saved(&store, &connect(), MORNING).await;
        let bytes = [0, 159, 146, 150, 0];
        let add = async |bytes: &[u8]| {
            let added = upload(&*store, &admin(), &order.number, passport(bytes), MORNING).await;
            added.expect("it is added").1
        };
        let document = add(&bytes).await;
        assert_eq!(document.sha256, sha256_hex(&bytes));
        assert_eq!((document.size, document.created_by.as_str()), (5, "admin"));
        let described = describe(&*store, &admin(), &document.id).await.expect("described");
        assert_eq!(described, (document.clone(), order.id.clone()));
        assert_eq!(content(&*store, &document).await.expect("handed out"), bytes);
        // The same bytes again are the same document.
        assert_eq!(add(&bytes).await, document);
        let order = stored(&store, &order.id).await;
        assert_eq!((order.version, order.documents.len()), (2, 1));
        assert_eq!(store.number("SELECT count(*) FROM document").await, 1);
        assert_ne!(add(b"other").await, document);
        assert_eq!(store.number("SELECT count(*) FROM document").await, 2);
    });
}

#[test]
fn documents_need_their_rights_and_an_order() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let order = saved(&store, &connect(), MORNING).await;
        let refused = upload(&*store, &nobody(), &order.number, passport(b"x"), MORNING).await;
        assert!(
            matches!(refused, Err(AppError::RightMissing(Right::DocumentsWrite))),
            "{refused:?}"
        );
        let refused = describe(&*store, &nobody(), &order.id).await;
        assert!(
            matches!(refused, Err(AppError::RightMissing(Right::DocumentsRead))),
            "{refused:?}"
        );
        let missing = upload(&*store, &admin(), "nobody's", passport(b"x"), MORNING).await;
        assert!(matches!(missing, Err(AppError::NotFound { .. })), "{missing:?}");
        for id in [order.id.as_str(), "../../etc/passwd", ""] {
            let missing = describe(&*store, &admin(), id).await;
            assert!(matches!(missing, Err(AppError::NotFound { .. })), "{id}: {missing:?}");
        }
        assert_eq!(store.number("SELECT count(*) FROM document_content").await, 0);
    });
}

#[test]
fn a_token_is_shown_once_and_kept_as_a_hash() {
    run(Kind::Sqlite, async |store| {
        let rights = [Right::OrdersRead];
        let token = create(&*store, "the web site", &rights, MORNING).await.expect("made");
        let other = create(&*store, "the web site", &[], MORNING).await.expect("made");
        assert!(token.starts_with("oms_") && token.len() == 68, "{token}");
        assert_ne!(token, other);
        let actor = Actor::with_rights("the web site", &rights);
        assert_eq!(authenticate(&*store, &token, MORNING).await.expect("looked up"), Some(actor));
        for unknown in ["", "oms_", &token[1..], &sha256_hex(token.as_bytes())] {
            assert_eq!(
                authenticate(&*store, unknown, MORNING).await.expect("looked up"),
                None,
                "{unknown}"
            );
        }
        let statement =
            format!("SELECT count(*) FROM api_token WHERE sha256 LIKE '%{}%'", &token[4..]);
        assert_eq!(store.number(&statement).await, 0);
    });
}
