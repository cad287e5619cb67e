//! Hold, cancellation, assignee, comments: each a resource of the order.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use oms_app::AppError;
use oms_app::change::{self, Expected};
use oms_domain::decide::{AskedSlot, Command, VisitRequest};
use oms_domain::input::{Faults, ObjectReader};
use oms_domain::limits::{CODE_CHARACTERS_MAX, COMMENT_CHARACTERS_MAX, NAME_CHARACTERS_MAX};
use oms_web::{
    JsonBody, Parameters, Problem, Session, changed, clock, if_match, json_answer, json_body,
    preview,
};
use serde_json::Value;

/// A command to an order: who gives it, to which order, and what it says. Refused in this order: who, the parameters, the body.
pub struct Commanded {
    session: Session,
    name: String,
    headers: HeaderMap,
    dry_run: bool,
    body: JsonBody,
}

impl<S: Send + Sync> FromRequest<S> for Commanded {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Commanded, Response> {
        let (mut parts, body) = request.into_parts();
        let session = Session::from_request_parts(&mut parts, state).await;
        let session = session.map_err(IntoResponse::into_response)?;
        let name = Path::<String>::from_request_parts(&mut parts, state).await;
        let Path(name) = name.map_err(IntoResponse::into_response)?;
        let parameters = Parameters::from_request_parts(&mut parts, state).await;
        let parameters = parameters.map_err(IntoResponse::into_response)?;
        let dry_run = dry_run(parameters).map_err(IntoResponse::into_response)?;
        let headers = parts.headers;
        let body = json_body(&headers, body).await.map_err(IntoResponse::into_response)?;
        Ok(Commanded { session, name, headers, dry_run, body })
    }
}

impl Commanded {
    /// Reads the command from the body, and gives it.
    async fn carry_out(
        self,
        asked: impl FnOnce(&ObjectReader<'_>) -> Option<Command>,
    ) -> Result<Response, Problem> {
        let command = read(&self.body, asked)?;
        apply(self.session, &self.name, &self.headers, command, self.dry_run).await
    }
}

pub async fn hold(commanded: Commanded) -> Result<Response, Problem> {
    let asked = |reader: &ObjectReader<'_>| {
        let reason = reader.required_text("reason", COMMENT_CHARACTERS_MAX);
        let reason_code = reader.text("reasonCode", CODE_CHARACTERS_MAX);
        let until = reader.instant("until");
        Some(Command::Hold { reason: reason?, reason_code, until })
    };
    commanded.carry_out(asked).await
}

pub async fn resume(
    session: Session,
    Path(name): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let dry_run = dry_run(parameters)?;
    apply(session, &name, &headers, Command::Resume, dry_run).await
}

pub async fn cancel(commanded: Commanded) -> Result<Response, Problem> {
    let asked = |reader: &ObjectReader<'_>| {
        let reason = reader.required_text("reason", COMMENT_CHARACTERS_MAX);
        let penalty_confirmed = reader.boolean("penaltyConfirmed").unwrap_or(false);
        let assess = reader.boolean("assess").unwrap_or(false);
        let reason = reason?;
        Some(match assess {
            true => Command::AskCancellation { reason },
            false => Command::Cancel { reason, penalty_confirmed },
        })
    };
    commanded.carry_out(asked).await
}

/// The cancellation that was asked for is granted.
pub async fn accept_cancellation(commanded: Commanded) -> Result<Response, Problem> {
    let asked = |reader: &ObjectReader<'_>| {
        let penalty_confirmed = reader.boolean("penaltyConfirmed").unwrap_or(false);
        let comment = reader.lines("comment", COMMENT_CHARACTERS_MAX);
        Some(Command::AcceptCancellation { penalty_confirmed, comment })
    };
    commanded.carry_out(asked).await
}

/// It is refused, or withdrawn by whoever asked.
pub async fn refuse_cancellation(commanded: Commanded) -> Result<Response, Problem> {
    let asked = |reader: &ObjectReader<'_>| {
        let reason = reader.required_text("reason", COMMENT_CHARACTERS_MAX);
        Some(Command::RefuseCancellation { reason: reason? })
    };
    commanded.carry_out(asked).await
}

/// The visit at another time, or booked anew after a hold.
pub async fn reschedule(commanded: Commanded) -> Result<Response, Problem> {
    let asked = |reader: &ObjectReader<'_>| {
        let slot = read_slot(reader);
        let reason = reader.required_text("reason", COMMENT_CHARACTERS_MAX);
        let is_override = reader.boolean("override").unwrap_or(false);
        let visit = VisitRequest { slot: Some(slot?), is_override, rivals: 0 };
        Some(Command::Reschedule { visit, reason: reason? })
    };
    commanded.carry_out(asked).await
}

/// The time of a visit, and who shall come.
pub fn read_slot(reader: &ObjectReader<'_>) -> Option<AskedSlot> {
    if reader.value("from").is_none() {
        reader.required("from");
    }
    let from = reader.instant("from");
    let technician = reader.text("technician", CODE_CHARACTERS_MAX);
    Some(AskedSlot { from: from?, technician })
}

pub async fn assign(commanded: Commanded) -> Result<Response, Problem> {
    let takes_away = commanded.body.value.get("assignee").is_some_and(Value::is_null);
    let asked = |reader: &ObjectReader<'_>| {
        // null takes the order from its assignee; a forgotten field must not.
        if takes_away {
            reader.value("assignee");
            return Some(Command::Assign { assignee: None });
        }
        let assignee = reader.required_text("assignee", NAME_CHARACTERS_MAX)?;
        Some(Command::Assign { assignee: Some(assignee) })
    };
    commanded.carry_out(asked).await
}

pub async fn comment(commanded: Commanded) -> Result<Response, Problem> {
    let asked = |reader: &ObjectReader<'_>| {
        let text = match reader.value("text") {
            None => {
                reader.required("text");
                None
            }
            Some(_) => reader.lines("text", COMMENT_CHARACTERS_MAX),
        };
        Some(Command::Comment { text: text? })
    };
    commanded.carry_out(asked).await
}

pub async fn answer_escalation(commanded: Commanded) -> Result<Response, Problem> {
    let asked = |reader: &ObjectReader<'_>| {
        let comment = reader.required_text("comment", COMMENT_CHARACTERS_MAX);
        Some(Command::AnswerEscalation { comment: comment? })
    };
    commanded.carry_out(asked).await
}

pub async fn apply(
    session: Session,
    name: &str,
    headers: &HeaderMap,
    command: Command,
    dry_run: bool,
) -> Result<Response, Problem> {
    let expected = if_match(headers)?.map_or(Expected::Any, Expected::Version);
    let (backend, actor) = (&session.backend, &session.actor);
    if dry_run {
        let decision = change::dry_run(backend, actor, name, expected, command, clock()).await?;
        return Ok(json_answer(StatusCode::OK, &[], &preview(&decision)));
    }
    let decision = change::change(backend, actor, name, expected, command, clock()).await?;
    Ok(changed(&session, &decision))
}

/// `?dryRun=true` asks what a command would do.
pub fn dry_run(mut parameters: Parameters) -> Result<bool, Problem> {
    let dry_run = parameters.flag("dryRun");
    parameters.finish()?;
    Ok(dry_run)
}

pub fn read(
    body: &JsonBody,
    read: impl FnOnce(&ObjectReader<'_>) -> Option<Command>,
) -> Result<Command, Problem> {
    let faults = Faults::default();
    let command = faults.document(&body.value).and_then(|reader| {
        let command = read(&reader);
        reader.finish();
        command
    });
    sound(command, faults)
}

/// The command, or every fault that was found while it was read.
pub fn sound(command: Option<Command>, faults: Faults) -> Result<Command, Problem> {
    match command {
        Some(command) if faults.is_empty() => Ok(command),
        _ => Err(AppError::Invalid(faults.into_vec()).into()),
    }
}
