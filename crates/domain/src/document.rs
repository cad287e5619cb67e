//! Documents of an order: what was drawn for it, and what people have uploaded.

use crate::access::SYSTEM_NAME;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// Words in the kind of a document that shows the identity document of a person: contracts print its number, whoever drew or
/// signed them, and a scan is the identity document itself. Uploads call themselves what they like, so a kind is looked
/// through for a word, in both languages of the product.
const IDENTITY_WORDS: [&str; 7] =
    ["contract", "passport", "identity", "id-card", "договор", "паспорт", "удостоверен"];

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

    /// Whether it shows the identity document of the party, as [`shows_identity_document`] says of its kind. What is drawn
    /// has the code of its template as its kind.
    pub fn shows_identity_document(&self) -> bool {
        shows_identity_document(&self.kind)
    }
}

/// Whether documents of a kind show an identity document: who reads one needs the right to see those too.
pub fn shows_identity_document(kind: &str) -> bool {
    let kind = kind.to_lowercase();
    IDENTITY_WORDS.iter().any(|word| kind.contains(word))
}

#[cfg(test)]
mod tests {
    use super::shows_identity_document;
    use std::path::Path;

    #[test]
    fn documents_that_show_an_identity_document_are_known_by_their_kind() {
        let cases = "
            contract              | true
            signed-contract       | true
            Contract              | true
            passport              | true
            passport-scan         | true
            identity-document     | true
            identityDocument      | true
            id-card               | true
            Договор               | true
            скан паспорта         | true
            удостоверение         | true
            work-order            | false
            acceptance-act        | false
            termination-agreement | false
            invoice               | false
            photo                 | false
            other                 | false
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (kind, expected) = line.split_once('|').expect("a kind and a word");
            let shows = shows_identity_document(kind.trim());
            assert_eq!(shows.to_string(), expected.trim(), "{line}");
        }
    }

    #[test]
    fn every_template_that_prints_an_identity_document_is_of_such_a_kind() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/documents");
        let mut kinds = Vec::new();
        for entry in std::fs::read_dir(folder).expect("the templates") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|end| end == "typ") {
                let text = std::fs::read_to_string(&path).expect("a text");
                let kind = path.file_stem().expect("a name").to_string_lossy().into_owned();
                let prints = text.contains("identityDocument");
                assert_eq!(prints, shows_identity_document(&kind), "{kind}");
                kinds.push(kind);
            }
        }
        assert!(kinds.len() >= 3, "{kinds:?}");
    }
}
