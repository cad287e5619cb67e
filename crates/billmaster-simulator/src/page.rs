//! The objects on a page, for whoever tries the product.

use crate::journal::Totals;
use crate::objects::Object;

const STYLE: &str = "body{font:15px/1.5 system-ui;margin:2rem}\
    td,th{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #ccc;vertical-align:top}\
    td{overflow-wrap:anywhere}";

/// A page of HTML; everything that callers sent is escaped.
pub fn objects(newest: &[Object], totals: &Totals, faults: &str) -> String {
    let Totals { objects, made, changed, retired } = totals;
    let body = match newest.is_empty() {
        true => "<p>No objects yet.</p>".to_owned(),
        false => {
            let rows: String = newest.iter().map(row).collect();
            format!(
                "<table><thead><tr><th>Id</th><th>Kind</th><th>Key</th><th>Status</th>\
                 <th>Parents</th><th>Attributes</th><th>Revision</th></tr></thead><tbody>\n\
                 {rows}</tbody></table>"
            )
        }
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Billmaster simulator</title><style>{STYLE}</style></head><body>\
         <h1>Billmaster simulator</h1>\
         <p>{objects} objects; ever made {made}, changed {changed}, retired {retired}. \
         The newest {} are below.</p>\
         <p>Faults: <code>{}</code></p>{body}</body></html>",
        newest.len(),
        escaped(faults)
    )
}

fn row(object: &Object) -> String {
    let attributes: Vec<String> =
        object.attributes.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let cells = [
        object.id.as_str(),
        &object.kind,
        &object.external_key,
        &object.status,
        &object.parents.join(", "),
        &attributes.join(" · "),
        &object.revision.to_string(),
    ];
    let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
    format!("<tr>{cells}</tr>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
