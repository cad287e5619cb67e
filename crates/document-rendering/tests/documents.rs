//! Documents as people get them: drawn from whole orders and from poor ones, and read back with `pdftotext`.

use document_rendering::{Language, RenderError, Rendered, Template, render};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

const INDIVIDUAL: &str = include_str!("inputs/individual.json");
const LEGAL_ENTITY: &str = include_str!("inputs/legal-entity.json");

fn order(text: &str) -> Value {
    serde_json::from_str(text).expect("the input is JSON")
}

fn draw(template: Template, language: Language, order: &Value) -> Rendered {
    let rendered = render(template, language, order);
    rendered.unwrap_or_else(|error| panic!("{template:?} {language:?}: {error}"))
}

/// The text of a PDF without any blank: where lines and runs are broken doesn't matter.
fn text(rendered: &Rendered) -> String {
    let mut program = Command::new("pdftotext")
        .args(["-enc", "UTF-8", "-raw", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("pdftotext is installed (Debian: poppler-utils)");
    let mut input = program.stdin.take().expect("it has an input");
    input.write_all(&rendered.pdf).expect("it reads the document");
    drop(input);
    let output = program.wait_with_output().expect("it ends");
    assert!(output.status.success(), "it reads no PDF");
    squeezed(&String::from_utf8(output.stdout).expect("UTF-8"))
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200b}').collect()
}

fn assert_says(rendered: &Rendered, expected: &[&str], what: &str) {
    let text = text(rendered);
    for words in expected {
        assert!(text.contains(&squeezed(words)), "{what} does not say {words:?}:\n{text}");
    }
}

/// Every template in every language.
fn all() -> impl Iterator<Item = (Template, Language)> {
    Template::ALL
        .into_iter()
        .flat_map(|template| Language::ALL.map(|language| (template, language)))
}

#[test]
fn each_document_names_who_what_and_where() {
    let everywhere = [
        (
            INDIVIDUAL,
            [
                "Каримов Анвар Олимжонович",
                "+998901234567",
                "проспект Амира Темура",
                "12А",
                "Д-2026/123",
                "Домашний 300 Мбит/с",
                "ООО «Тест Телеком»",
            ],
        ),
        (
            LEGAL_ENTITY,
            [
                "Oʻzbek Textile Trading LLC",
                "+998712000000",
                "Navoiy Street",
                "Chirchiq",
                "L-2026/124",
                "Dilnoza Saidova",
                "Test Telecom LLC",
            ],
        ),
    ];
    for (input, expected) in everywhere {
        let order = order(input);
        for (template, language) in all() {
            let rendered = draw(template, language, &order);
            let what = format!("{template:?} {language:?}");
            assert_eq!(rendered.missing_characters, Vec::<char>::new(), "{what}");
            assert!((1..=4).contains(&rendered.pages), "{what}: {} pages", rendered.pages);
            assert_says(&rendered, &expected, &what);
        }
    }
}

#[test]
fn a_document_speaks_its_language() {
    let titles = [
        (Template::Contract, Language::En, "Contract for communications services"),
        (Template::Contract, Language::Ru, "Договор"),
        (Template::WorkOrder, Language::En, "Work order"),
        (Template::WorkOrder, Language::Ru, "Наряд"),
    ];
    for (template, language, title) in titles {
        let rendered = draw(template, language, &order(INDIVIDUAL));
        let what = format!("{template:?} {language:?}");
        assert_says(&rendered, &[title], &what);
        // The day of drawing where the operator is, in words.
        let day = if language == Language::En {
            "24 November 2026"
        } else {
            "«24» ноября 2026 г."
        };
        if template == Template::Contract {
            assert_says(&rendered, &[day], &what);
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, mut other) = (order(INDIVIDUAL), order(INDIVIDUAL));
    other["drawnAt"] = "2026-11-24T14:05:10+05:00".into();
    for (template, language) in all() {
        let first = draw(template, language, &one);
        assert!(first.pdf.starts_with(b"%PDF-1."));
        assert_eq!(first, draw(template, language, &one), "{template:?} {language:?}");
        assert_ne!(first.pdf, draw(template, language, &other).pdf, "{template:?} {language:?}");
    }
}

#[test]
fn what_is_missing_is_a_dash() {
    let poor = [
        json!({ "drawnAt": "2026-11-24T14:05:09+05:00" }),
        json!({ "drawnAt": "2026-11-24T14:05:09Z", "party": null, "address": {}, "items": [], "operator": {} }),
        json!({
            "drawnAt": "2026-11-24T14:05:09Z", "number": "261124-4801-9372", "kind": "dance",
            "items": [{}, null, 7], "party": { "type": "robot" }, "services": [null], "fields": { "": null }
        }),
    ];
    for order in &poor {
        for (template, language) in all() {
            let rendered = draw(template, language, order);
            assert_says(&rendered, &["—"], &format!("{template:?} {language:?} of {order}"));
        }
    }
}

#[test]
fn values_of_any_type_are_drawn() {
    let odd = [json!(true), json!(-1.5), json!([1, null]), json!({ "a": [] })];
    let fields = [
        "number",
        "documentNumber",
        "kind",
        "party",
        "address",
        "items",
        "linePhone",
        "stage",
        "division",
        "assignee",
        "fields",
        "services",
        "operator",
        "labels",
        "hold",
        "priority",
        "requestedDate",
        "registeredAt",
        "symptom",
    ];
    for field in fields {
        for value in &odd {
            let mut order = order(LEGAL_ENTITY);
            order[field] = value.clone();
            for template in Template::ALL {
                draw(template, Language::En, &order);
            }
        }
    }
}

#[test]
fn markup_in_an_order_is_shown_and_not_obeyed() {
    let hostile = [
        "#panic(\"gone\")",
        "#read(\"/common.typ\")",
        "*bold* _slanted_ `raw` $x^2$",
        "= Heading <label> @label",
        "] #pagebreak() [",
        "\\u{41} \\ -- ... ~",
        "// comment /* comment */",
        "{operator} {name}",
        "https://example.org/#a",
        "<script>alert(1)</script> & \"quotes\" 'both'",
    ];
    for name in hostile {
        let mut order = order(INDIVIDUAL);
        order["party"]["familyName"] = name.into();
        order["symptom"] = name.into();
        order["assignee"] = name.into();
        order["items"][0]["characteristics"] = json!({ "technology": name });
        let plain = draw(Template::WorkOrder, Language::En, &self::order(INDIVIDUAL)).pages;
        for (template, language) in all() {
            let rendered = draw(template, language, &order);
            assert_says(&rendered, &[name], &format!("{template:?} {language:?}"));
            assert!(rendered.pages <= plain + 2, "{name} makes pages");
        }
    }
}

#[test]
fn text_that_would_break_the_page_does_not() {
    let mut order = order(INDIVIDUAL);
    order["party"]["familyName"] = "Щ".repeat(200).into();
    order["address"]["street"] = "a/".repeat(100).into();
    order["symptom"] = "left \u{202e}thgir\u{202c} \u{0}\u{7}\u{1b} end".into();
    order["description"] = "слово ".repeat(600).into();
    for (template, language) in all() {
        let rendered = draw(template, language, &order);
        let what = format!("{template:?} {language:?}");
        assert_says(&rendered, &[&"Щ".repeat(200), &"a/".repeat(100)], &what);
        assert_eq!(
            rendered.missing_characters,
            Vec::<char>::new(),
            "{what}: control characters are left out"
        );
    }
}

#[test]
fn many_items_go_on_over_pages() {
    let mut order = order(INDIVIDUAL);
    let item = |index: usize| {
        json!({
            "id": index.to_string(), "service": "internet", "action": "add", "tariff": "home-300",
            "characteristics": { "port": format!("port-{index}-of-50") }
        })
    };
    order["items"] = (1..=50).map(item).collect();
    for (template, language) in all() {
        let rendered = draw(template, language, &order);
        assert!(rendered.pages > 2, "{} pages", rendered.pages);
        let last = ["port-1-of-50", "port-50-of-50"];
        assert_says(&rendered, &last, &format!("{template:?} {language:?}"));
    }
}

#[test]
fn characters_that_no_font_has_are_told() {
    let mut order = order(INDIVIDUAL);
    order["party"]["familyName"] = "王 Oʻzbek Ғафур".into();
    let rendered = draw(Template::Contract, Language::Ru, &order);
    assert_eq!(rendered.missing_characters, ['王']);
    assert_says(&rendered, &["Oʻzbek Ғафур"], "the contract");
}

#[test]
fn an_order_without_the_time_of_drawing_is_refused() {
    let refused = render(Template::Contract, Language::En, &json!({ "number": "1" }));
    assert_eq!(refused, Err(RenderError::InvalidDrawnAt));
}

#[test]
fn codes_name_templates_and_languages() {
    for template in Template::ALL {
        assert_eq!(Template::from_code(template.code()), Some(template));
    }
    for language in Language::ALL {
        assert_eq!(Language::from_code(language.code()), Some(language));
    }
    assert_eq!((Template::from_code("poem"), Language::from_code("la")), (None, None));
}
