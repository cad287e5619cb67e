//! The objects on a page, for whoever tries the product.

use crate::objects::Object;

/// A page of HTML; everything that callers sent is escaped.
pub fn objects(objects: &[Object], faults: &str) -> String {
    let rows: String = objects
        .iter()
        .map(|object| {
            let attributes: Vec<String> = object
                .attributes
                .iter()
                .map(|(name, value)| match value.as_str() {
                    Some(text) => format!("{name}: {text}"),
                    None => format!("{name}: {value}"),
                })
                .collect();
            let cells = [
                object.id.as_str(),
                &object.kind,
                &object.external_key,
                &object.status,
                &object.parents.join(", "),
                &attributes.join(" · "),
            ];
            let cells: String =
                cells.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
            format!("<tr>{cells}</tr>\n")
        })
        .collect();
    let body = match objects.is_empty() {
        true => "<p>No objects yet.</p>".to_owned(),
        false => format!(
            "<table><thead><tr><th>Id</th><th>Kind</th><th>Key</th><th>Status</th><th>Parents</th>\
             <th>Attributes</th></tr></thead><tbody>\n{rows}</tbody></table>"
        ),
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Billmaster simulator</title>\
         <style>body{{font:15px/1.5 system-ui;margin:2rem}}td,th{{text-align:left;padding:.3rem .8rem;\
         border-bottom:1px solid #ccc;vertical-align:top}}</style></head><body>\
         <h1>Billmaster simulator</h1><p>The newest objects. Faults: <code>{}</code></p>{body}</body></html>",
        escaped(faults)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
