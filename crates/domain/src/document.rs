//! Documents of an order: what was drawn for it, and what people have uploaded.

use crate::access::SYSTEM_NAME;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// A document of the order. The bytes are kept by their SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    pub id: String,
    /// `contract`, `work-order`, or what an upload calls itself.
    pub kind: String,
    pub name: String,
    pub media_type: String,
    /// Hex digits, lower case.
    pub sha256: String,
    /// Bytes.
    pub size: i64,
    /// Revision of the order that the document shows.
    pub revision: u32,
    pub created_at: Instant,
    pub created_by: String,
    /// Since when it no longer counts: the order was cancelled, or a newer one took its place. It is kept all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_at: Option<Instant>,
}

impl Document {
    /// Drawn by the product, and not uploaded by a person.
    pub fn is_drawn(&self) -> bool {
        self.created_by == SYSTEM_NAME
    }
}
