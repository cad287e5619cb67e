//! In which language somebody wants to read.

use http::{HeaderMap, header};
use oms_domain::party::Language;

/// As their `Accept-Language` says; English when it names neither.
pub fn language(headers: &HeaderMap) -> Language {
    let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::preferred(accept.unwrap_or_default())
}
