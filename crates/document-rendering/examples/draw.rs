//! Draws a document of an order in a file, to look at a template while editing it:
//! `cargo run -p document-rendering --example draw -- contract ru order.json contract.pdf`

use document_rendering::{Language, Template, render};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    match draw(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn draw(arguments: &[String]) -> Result<String, String> {
    let [template, language, order, pdf] = arguments else {
        return Err("usage: draw contract|work-order en|ru ORDER.json FILE.pdf".to_owned());
    };
    let template = Template::from_code(template).ok_or(format!("no template {template:?}"))?;
    let language = Language::from_code(language).ok_or(format!("no language {language:?}"))?;
    let text = std::fs::read_to_string(order).map_err(|error| format!("{order}: {error}"))?;
    let order = serde_json::from_str(&text).map_err(|error| format!("{order}: {error}"))?;
    let start = Instant::now();
    let rendered = render(template, language, &order).map_err(|error| error.to_string())?;
    let first = start.elapsed();
    let start = Instant::now();
    render(template, language, &order).map_err(|error| error.to_string())?;
    let again = start.elapsed();
    std::fs::write(pdf, &rendered.pdf).map_err(|error| format!("{pdf}: {error}"))?;
    let (pages, bytes) = (rendered.pages, rendered.pdf.len());
    let missing = rendered.missing_characters;
    Ok(format!("{pages} pages, {bytes} bytes, {first:.1?}, again {again:.1?}, missing {missing:?}"))
}
