//! Documents are kept and handed out.

use crate::AppError;
use crate::change::{Along, Expected, change_along};
use crate::hash::sha256_hex;
use crate::ports::{Documents, OrderReference, Orders};
use crate::read::{order_to_work_on, require};
use crate::scoped::Scoped;
use oms_domain::decide::{Command, Decision};
use oms_domain::order::{Document, Order};
use oms_domain::rights::{Actor, Right};
use oms_domain::time::Instant;
use uuid::Uuid;

/// A file that somebody adds to an order.
#[derive(Debug, Clone)]
pub struct Upload<'a> {
    pub kind: String,
    pub name: String,
    pub media_type: String,
    pub content: &'a [u8],
}

/// Keeps the bytes, then adds the document to the order. Bytes whose document never came are found by nobody and harm
/// nobody; a document without its bytes cannot happen.
pub async fn upload<P: Orders + Scoped + Documents>(
    ports: &P,
    actor: &Actor,
    name: &str,
    upload: Upload<'_>,
    now: Instant,
) -> Result<(Decision, Document), AppError> {
    let order = order_to_work_on(ports, actor, name, Right::DocumentsWrite).await?;
    let reference = OrderReference::Id(order.id.clone());
    let document = keep(ports, &order, upload, &actor.name, now).await?;
    let along = Along { documents: vec![document.clone()], ..Along::default() };
    let command = Command::AddDocument { document: document.clone() };
    let decision =
        change_along(ports, actor, &reference, Expected::Any, command, along, now).await?;
    let same = |known: &&Document| known.kind == document.kind && known.sha256 == document.sha256;
    let kept = decision.order.documents.iter().find(same).cloned().unwrap_or(document);
    Ok((decision, kept))
}

/// Keeps bytes and describes them as a document of the order.
pub async fn keep<P: Documents>(
    ports: &P,
    order: &Order,
    upload: Upload<'_>,
    created_by: &str,
    now: Instant,
) -> Result<Document, AppError> {
    let sha256 = sha256_hex(upload.content);
    ports.put_content(&sha256, upload.content).await?;
    Ok(Document {
        id: Uuid::now_v7().to_string(),
        kind: upload.kind,
        name: upload.name,
        media_type: upload.media_type,
        sha256,
        size: i64::try_from(upload.content.len()).unwrap_or(i64::MAX),
        revision: order.revision,
        created_at: now,
        created_by: created_by.to_owned(),
        superseded_at: None,
    })
}

/// The description of a document that its reader may have the file of, and the id of its order. That it exists is told in the
/// list of its order's documents to more people: one that shows an identity document needs the right for those too.
pub async fn describe<P: Scoped>(
    ports: &P,
    actor: &Actor,
    id: &str,
) -> Result<(Document, String), AppError> {
    require(actor, Right::DocumentsRead)?;
    let not_found = || AppError::NotFound { what: format!("Document {id:?}") };
    let id = Uuid::try_parse(id).map_err(|_| not_found())?.to_string();
    let found = ports.locate_document(&id).await?.ok_or_else(not_found)?;
    let actor = found.places.reader(actor).ok_or_else(not_found)?;
    require(&actor, Right::DocumentsRead)?;
    if found.document.shows_identity_document() {
        require(&actor, Right::IdentityDocuments)?;
    }
    Ok((found.document, found.order_id))
}

/// The bytes of a described document.
pub async fn content<P: Documents>(ports: &P, document: &Document) -> Result<Vec<u8>, AppError> {
    let content = ports.content(&document.sha256).await?;
    content.ok_or_else(|| AppError::NotFound {
        what: format!("The content of document {:?}", document.id),
    })
}
