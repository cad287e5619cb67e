//! Why a document could not be drawn.

use crate::Template;
use typst::diag::SourceDiagnostic;
use typst::{World, WorldExt};

/// Why a document could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The input is no JSON object.
    #[error("the order to draw a document of must be a JSON object")]
    OrderNotAnObject,
    /// `drawnAt` is missing or no time.
    #[error("drawnAt must be an RFC 3339 time with a year from 1 to 9999")]
    InvalidDrawnAt,
    /// Typst refused the template: a fault of ours, found by drawing any order.
    #[error("the template {:?} cannot be drawn: {}", .template.code(), .faults.join("; "))]
    Template {
        /// The template.
        template: Template,
        /// What Typst said, each with file and line.
        faults: Vec<String>,
    },
}

impl RenderError {
    pub(crate) fn template(
        template: Template,
        world: &impl World,
        faults: impl IntoIterator<Item = SourceDiagnostic>,
    ) -> RenderError {
        let faults = faults.into_iter().map(|fault| describe(world, &fault)).collect();
        RenderError::Template { template, faults }
    }
}

/// "/contract.typ:12: message".
fn describe(world: &impl World, fault: &SourceDiagnostic) -> String {
    let line = || {
        let id = fault.span.id()?;
        let start = world.range(fault.span)?.start;
        let source = world.source(id).ok()?;
        let line = source.lines().byte_to_line(start)? + 1;
        Some(format!("{}:{line}: {}", id.vpath().get_with_slash(), fault.message))
    };
    line().unwrap_or_else(|| fault.message.to_string())
}
