//! Characters that the fonts do not have. Typst draws a box for them and says nothing.

use std::collections::BTreeSet;
use typst::layout::{Frame, FrameItem};
use typst::text::TextItem;
use typst_layout::PagedDocument;

/// The characters of a document for which no font has a glyph, sorted.
pub(crate) fn missing_characters(document: &PagedDocument) -> Vec<char> {
    let mut missing = BTreeSet::new();
    for page in document.pages() {
        collect(&page.frame, &mut missing);
    }
    missing.into_iter().collect()
}

fn collect(frame: &Frame, missing: &mut BTreeSet<char>) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => collect(&group.frame, missing),
            FrameItem::Text(text) => missing.extend(boxes(text)),
            _ => {}
        }
    }
}

/// Glyph 0 is the box (.notdef) in every font.
fn boxes(text: &TextItem) -> impl Iterator<Item = char> {
    let boxes = text.glyphs.iter().filter(|glyph| glyph.id == 0);
    boxes.flat_map(|glyph| text.text.get(glyph.range()).unwrap_or_default().chars())
}
