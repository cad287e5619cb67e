//! Draws an order's documents as PDF.
//!
//! The layouts are Typst templates in `templates/documents`, their words are in `strings/` beside them, the fonts in
//! `assets/fonts`; all of it is part of the program. The order goes in as JSON through `sys.inputs`: templates only ever
//! insert its values as strings, which Typst shows literally.
//!
//! The same input gives the same bytes: no clock, no file system, no fonts of the machine. What the document has for a
//! date is the `drawnAt` of its input.
//!
//! - [`render`] is the whole interface; `world.rs` is what Typst sees of the world; `input.rs` prepares the order;
//!   `coverage.rs` finds characters that the fonts do not have.

mod coverage;
mod error;
mod input;
mod world;

pub use error::RenderError;

use crate::input::Input;
use crate::world::DocumentWorld;
use serde_json::Value;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};

/// How many documents ago a cached layout result was used last when it is dropped. Inputs differ from document to
/// document, so hardly anything is used again, and a wasm instance never gives memory back.
const CACHED_DOCUMENTS_MAX: usize = 0;

/// What can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Template {
    /// The contract between operator and subscriber.
    Contract,
    /// What a technician takes along and has signed.
    WorkOrder,
}

impl Template {
    /// All templates.
    pub const ALL: [Template; 2] = [Template::Contract, Template::WorkOrder];

    /// The template of a code, as scenarios name it.
    pub fn from_code(code: &str) -> Option<Template> {
        Self::ALL.into_iter().find(|template| template.code() == code)
    }

    /// The code by which scenarios name the template; the `kind` of its documents.
    pub fn code(self) -> &'static str {
        match self {
            Template::Contract => "contract",
            Template::WorkOrder => "work-order",
        }
    }
}

/// The language of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    En,
    /// Russian.
    Ru,
}

impl Language {
    /// All languages.
    pub const ALL: [Language; 2] = [Language::En, Language::Ru];

    /// The language of an ISO 639-1 code.
    pub fn from_code(code: &str) -> Option<Language> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The ISO 639-1 code of the language.
    pub fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Ru => "ru",
        }
    }
}

/// A drawn document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The PDF file.
    pub pdf: Vec<u8>,
    /// Pages of the document.
    pub pages: usize,
    /// Characters of the input that the fonts do not have, sorted: the document shows a box for each. Worth a warning.
    pub missing_characters: Vec<char>,
}

/// Draws a document of an order.
///
/// `order` is the order as the API returns it, and beside its fields:
/// - `drawnAt` (required): an RFC 3339 time. Dates are shown in its time zone, so give it the operator's offset.
/// - `operator`: `name`, `address`, `phone`, `email`, `taxId`; also, if known, `city` (place of the contract),
///   `representative` and `bank`, shaped as those of a party.
/// - `documentNumber`: else the order's number stands for it.
/// - `labels`: names for codes (tariffs, fields, characteristics) in the document's language, which go before the
///   product's own.
///
/// Whatever else is missing or of an unexpected type is shown as a dash or left out.
pub fn render(
    template: Template,
    language: Language,
    order: &Value,
) -> Result<Rendered, RenderError> {
    let input = Input::of(order)?;
    let rendered = render_input(template, language, &input);
    typst::comemo::evict(CACHED_DOCUMENTS_MAX);
    rendered
}

fn render_input(
    template: Template,
    language: Language,
    input: &Input,
) -> Result<Rendered, RenderError> {
    let world = DocumentWorld::new(template, language, input);
    let fault = |faults| RenderError::template(template, &world, faults);
    let document = typst::compile::<PagedDocument>(&world).output.map_err(fault)?;
    let options = PdfOptions {
        ident: Smart::Custom(input.identity(template, language)),
        creator: Smart::Custom(Some("Billmaster OMS".to_owned())),
        timestamp: Timestamp::new_local(input.drawn_at, input.offset_minutes),
        ..PdfOptions::default()
    };
    Ok(Rendered {
        pdf: typst_pdf::pdf(&document, &options).map_err(fault)?,
        pages: document.pages().len(),
        missing_characters: coverage::missing_characters(&document),
    })
}
