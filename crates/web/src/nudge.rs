//! Nudges: after an answer went out, the components that have something to execute are told so.
//!
//! Nobody waits for a nudge and nothing depends on one: the tick repeats what a nudge missed.

use spin_sdk::http::{EmptyBody, Method};
use std::collections::BTreeSet;

/// Tells components that their effects wait, after the current answer.
pub fn nudge(components: impl IntoIterator<Item = &'static str>) {
    let components: BTreeSet<&'static str> = components.into_iter().collect();
    if components.is_empty() {
        return;
    }
    spin_sdk::wasip3::spawn(async move {
        for component in components {
            let url = format!("http://{component}.spin.internal/internal/work");
            let request =
                http::Request::builder().method(Method::POST).uri(&url).body(EmptyBody::new());
            match request {
                Ok(request) => {
                    if let Err(error) = spin_sdk::http::send(request).await {
                        eprintln!("nudge of {component} failed; the tick will repeat it: {error}");
                    }
                }
                Err(error) => eprintln!("nudge of {component} failed: {error}"),
            }
        }
    });
}
