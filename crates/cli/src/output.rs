//! What commands print: sentences for people, JSON for programs.

use serde_json::{Value, json};
use std::io::Write;

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

    /// A line of a command that goes on, on standard output, at once; on standard error when nobody reads it there.
    pub fn line(self, line: &str) {
        let mut out = std::io::stdout();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            eprintln!("{line}");
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
