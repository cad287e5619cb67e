//! docs/rejections.md has a line for everything that the product refuses, and none for what it no longer does.
//!
//! The sources are read: a rejection can't be added without its code, because the compiler asks for it in
//! `Rejection::code`, and its code can't be there without a line of the page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines of the page's tables by code: its cells after the code.
fn page() -> BTreeMap<String, Vec<String>> {
    lines_of(&text("docs/rejections.md"))
}

/// The same of one of its sections.
fn section(title: &str) -> BTreeMap<String, Vec<String>> {
    let page = text("docs/rejections.md");
    let (_, rest) = page.split_once(&format!("\n## {title}\n")).expect("the section");
    lines_of(rest.split("\n## ").next().unwrap_or_default())
}

fn lines_of(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut lines = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        // Where the status comes first, the code is the second cell.
        let is_code = |cell: &&str| {
            let code = cell.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
            code.is_some_and(is_kebab)
        };
        let Some(place) = cells.iter().take(2).position(|cell| is_code(&cell)) else { continue };
        let code = cells[place].trim_matches('`').to_owned();
        let rest: Vec<String> = cells[place + 1..].iter().map(|&cell| cell.to_owned()).collect();
        assert_eq!(rest.len(), 3, "{code} has both sentences and the way out");
        assert!(rest.iter().all(|cell| !cell.is_empty()), "{code} has an empty cell");
        let is_russian = rest[1].chars().any(|sign| ('а'..='я').contains(&sign));
        assert!(is_russian, "{code} has a Russian sentence");
        let before = lines.insert(code.clone(), rest);
        assert!(before.is_none(), "{code} is there twice");
    }
    lines
}

fn is_kebab(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// The first string literal, as the program has it; a format's `:?` is left out.
fn literal(text: &str) -> Option<String> {
    let mut signs = text.split_once('"')?.1.chars().peekable();
    let mut found = String::new();
    while let Some(sign) = signs.next() {
        match sign {
            '"' => return Some(found.replace(":?}", "}")),
            '\\' => match signs.next()? {
                '\n' => while signs.next_if(|sign| sign.is_whitespace()).is_some() {},
                escaped => found.push(escaped),
            },
            sign => found.push(sign),
        }
    }
    None
}

fn first_word(text: &str) -> &str {
    let end = text.find(|sign: char| !sign.is_ascii_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

/// What follows each arm of a match over the rejections, by the name of the variant.
fn arms(source: &str) -> BTreeMap<&str, &str> {
    let pieces = source.split("Rejection::").skip(1);
    let mut arms = BTreeMap::new();
    for (piece, (_, arm)) in pieces.filter_map(|piece| Some((piece, piece.split_once("=>")?))) {
        arms.entry(first_word(piece)).or_insert(arm);
    }
    arms
}

/// Code, English and Russian sentence of each rejection.
fn rejections() -> Vec<(String, String, String)> {
    let source = text("crates/domain/src/rejection.rs");
    let (variants, rest) = source.split_once("impl Rejection {").expect("the enum comes first");
    let (codes, _) = rest.split_once("pub fn sentence").expect("the codes come first");
    let russian = text("crates/domain/src/rejection/russian.rs");
    let mut english = BTreeMap::new();
    for piece in variants.split("#[error(").skip(1) {
        let (format, variant) = piece.split_once(")]").expect("an attribute");
        english.insert(first_word(variant.trim_start()), literal(format).expect("a sentence"));
    }
    let (codes, russian) = (arms(codes), arms(&russian));
    let found: Vec<_> = codes
        .iter()
        .map(|(variant, code)| {
            let code = literal(code).expect("a code");
            let russian = russian.get(variant).and_then(|arm| literal(arm)).expect("Russian");
            (code, english[variant].clone(), russian)
        })
        .collect();
    assert_eq!(found.len(), english.len(), "every variant is read");
    found
}

/// The sources of what answers requests; the table of what it says is none, or all of it would count as said.
fn sources() -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = ["components", "crates/app", "crates/domain", "crates/web"]
        .map(|it| root().join(it))
        .into();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !["tests", "target", "billmaster"].contains(&name.as_str()) {
                waiting.push(path);
            } else if name.ends_with(".rs") && name != "sentences.rs" {
                let text = std::fs::read_to_string(&path).expect("a text");
                found.push(text.split("#[cfg(test)]").next().unwrap_or_default().to_owned());
            }
        }
    }
    found
}

/// The arguments of a call, from behind its bracket.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    let mut arguments = vec![String::new()];
    for sign in text.chars() {
        let current = arguments.last_mut().expect("there is one");
        match sign {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        current.push(sign);
    }
    let arguments = arguments.into_iter().map(|argument| argument.trim().to_owned());
    arguments.filter(|argument| !argument.is_empty()).collect()
}

/// Code, English and Russian sentence of what is no rejection by a rule.
fn problems() -> BTreeMap<String, [String; 2]> {
    let source = text("crates/web/src/sentences.rs");
    let (_, table) = source.split_once("const SENTENCES").expect("the table");
    let (table, _) = table.split_once("];").expect("its end");
    // Nothing is escaped in it: what is quoted is every other piece.
    let quoted: Vec<&str> = table.split('"').skip(1).step_by(2).collect();
    let (lines, rest) = quoted.as_chunks::<3>();
    assert!(rest.is_empty(), "{rest:?}");
    lines
        .iter()
        .map(|[code, en, ru]| ((*code).to_owned(), [(*en).to_owned(), (*ru).to_owned()]))
        .collect()
}

/// A call that makes a problem or a fault, and which of its arguments is the code; those that also name a row or a list have
/// it one later.
type Call = (&'static str, usize);
const OF_PROBLEMS: [Call; 2] = [("Problem::new(", 1), ("bad_request(", 0)];
const OF_FAULTS: [Call; 4] =
    [("fault(", 1), ("faults.add(", 1), ("bad_parameter(", 1), ("Err((", 0)];

/// The codes that such calls name.
fn called(sources: &[String], calls: &[Call]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for source in sources {
        for &(call, place) in calls {
            for (at, _) in source.match_indices(call) {
                let arguments = arguments(&source[at + call.len()..]);
                let later = usize::from(call == "fault(" && arguments.len() == 4);
                let code = arguments.get(place + later).and_then(|argument| {
                    let inner = argument.strip_prefix('"')?.strip_suffix('"')?;
                    is_kebab(inner).then(|| inner.to_owned())
                });
                found.extend(code);
            }
        }
    }
    found
}

/// Codes of problems and faults that the sources name: each way to make one has its code at a known place.
fn named(sources: &[String]) -> BTreeSet<String> {
    let mut found = called(sources, &OF_PROBLEMS);
    found.extend(called(sources, &OF_FAULTS));
    for source in sources {
        // Made as it is, or the word of a finding.
        for (mark, end) in [("code: \"", "\".to_owned()"), ("FindingKind::", ",")] {
            for piece in source.split(mark).skip(1) {
                let Some((inside, _)) = piece.split_once(end) else { continue };
                let word = inside.split_once("=> ").map_or(inside, |(_, word)| word);
                let word = word.trim_matches('"');
                let is_finding = mark.starts_with("code") || inside.contains("=> \"");
                found.extend(Some(word.to_owned()).filter(|word| is_finding && is_kebab(word)));
            }
        }
    }
    found
}

#[test]
fn every_rejection_is_documented_as_the_product_says_it() {
    let page = page();
    let rejections = rejections();
    assert!(rejections.len() > 30, "{}", rejections.len());
    for (code, english, russian) in rejections {
        let cells = page.get(&code).unwrap_or_else(|| {
            panic!("docs/rejections.md has no line for:\n| `{code}` | {english} | {russian} | … |")
        });
        assert_eq!(cells[..2], [english, russian], "{code}");
    }
}

#[test]
fn every_other_problem_is_documented_as_the_product_says_it() {
    let mut page = section("The request can't be answered");
    let problems = problems();
    for (code, said) in &problems {
        let cells = page.remove(code).unwrap_or_else(|| {
            panic!(
                "docs/rejections.md has no line for:\n| `{code}` | {} | {} | … |",
                said[0], said[1]
            )
        });
        // The page shows names as code.
        assert_eq!(cells[..2].iter().map(|cell| cell.replace('`', "")).collect::<Vec<_>>(), said);
    }
    assert!(page.is_empty(), "the product has no sentence for {:?}", page.keys());
    let mut named = called(&sources(), &OF_PROBLEMS);
    // A missing right is a rejection by its sentence, wherever it is found missing.
    assert!(named.remove("right-missing"));
    assert!(named.len() > 20, "{named:?}");
    let mute: Vec<_> = named.iter().filter(|code| !problems.contains_key(*code)).collect();
    assert!(mute.is_empty(), "crates/web/src/sentences.rs has no sentence for {mute:?}");
}

#[test]
fn every_problem_and_fault_is_documented() {
    let page = page();
    let named = named(&sources());
    assert!(named.len() > 70, "{named:?}");
    let missing: Vec<&String> = named.iter().filter(|code| !page.contains_key(*code)).collect();
    assert!(missing.is_empty(), "docs/rejections.md does not name {missing:?}");
}

#[test]
fn nothing_is_documented_that_the_product_does_not_say() {
    let sources = sources();
    let is_said = |code: &String| {
        let quoted = format!("\"{code}\"");
        sources.iter().any(|source| source.contains(&quoted))
    };
    let gone: Vec<String> = page().into_keys().filter(|code| !is_said(code)).collect();
    assert!(gone.is_empty(), "docs/rejections.md names {gone:?}, and nothing else does");
}
