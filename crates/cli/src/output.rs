//! What commands print: sentences for people, JSON for programs.

use serde_json::{Value, json};

#[derive(Debug, Clone, Copy)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// The outcome of a command, on standard output.
    pub fn outcome(self, sentence: &str, value: &Value) {
        match self.json {
            true => println!("{value}"),
            false => println!("{sentence}"),
        }
    }

    /// What takes long, on standard error.
    pub fn progress(self, sentence: &str) {
        eprintln!("{sentence}");
    }

    pub fn failure(self, error: &anyhow::Error) {
        match self.json {
            true => println!("{}", json!({ "error": format!("{error:#}") })),
            false => eprintln!("oms: {error:#}"),
        }
    }
}
