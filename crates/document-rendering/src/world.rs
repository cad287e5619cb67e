//! What Typst sees of the world: the embedded templates, strings and fonts, and the input of one document.

use crate::input::Input;
use crate::{Language, Template};
use std::sync::LazyLock;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Dict, Duration, IntoValue};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

/// Sources in the virtual file system, laid out as in `templates/documents`.
static SOURCES: LazyLock<[Source; 3]> = LazyLock::new(|| {
    let source = |path, text: &str| Source::new(file_id(path), text.to_owned());
    [
        source("/common.typ", include_str!("../../../templates/documents/common.typ")),
        source("/contract.typ", include_str!("../../../templates/documents/contract.typ")),
        source("/work-order.typ", include_str!("../../../templates/documents/work-order.typ")),
    ]
});

/// The words of the documents.
static STRINGS: LazyLock<[(FileId, Bytes); 2]> = LazyLock::new(|| {
    let file = |path, text: &'static str| (file_id(path), Bytes::from_string(text));
    [
        file("/strings/en.json", include_str!("../../../templates/documents/strings/en.json")),
        file("/strings/ru.json", include_str!("../../../templates/documents/strings/ru.json")),
    ]
});

static FONTS: LazyLock<[Font; 2]> = LazyLock::new(|| {
    let font = |bytes: &'static [u8]| {
        Font::new(Bytes::new(bytes), 0)
            .expect("the embedded fonts are part of the program and drawn in tests")
    };
    [
        font(include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
        font(include_bytes!("../../../assets/fonts/Inter-Bold.otf")),
    ]
});

static BOOK: LazyLock<LazyHash<FontBook>> =
    LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));

fn file_id(path: &str) -> FileId {
    let path = VirtualPath::new(path).expect("the paths of embedded files are literals above");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// The world of one document.
pub(crate) struct DocumentWorld {
    library: LazyHash<Library>,
    main: FileId,
    today: Datetime,
}

impl DocumentWorld {
    /// The world in which a template is drawn from an input.
    pub fn new(template: Template, language: Language, input: &Input) -> DocumentWorld {
        let mut inputs = Dict::new();
        inputs.insert("data".into(), input.json.as_str().into_value());
        inputs.insert("language".into(), language.code().into_value());
        let library = Library::builder().with_inputs(inputs).build();
        DocumentWorld {
            library: LazyHash::new(library),
            main: file_id(&format!("/{}.typ", template.code())),
            today: input.drawn_at,
        }
    }
}

impl World for DocumentWorld {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        SOURCES.iter().find(|source| source.id() == id).cloned().ok_or_else(|| not_found(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = STRINGS.iter().find(|(file, _)| *file == id);
        found.map(|(_, bytes)| bytes.clone()).ok_or_else(|| not_found(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        Some(self.today)
    }
}

fn not_found(id: FileId) -> FileError {
    FileError::NotFound(id.vpath().get_with_slash().into())
}
