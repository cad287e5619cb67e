//! `POST` and `DELETE /api/v1/session`: a person of the staff or a subscriber gets in and out.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::AppError;
use oms_app::sessions::{self, LogIn};
use oms_app::subscribers::{self, Entry};
use oms_domain::input::{Fault, Faults, ObjectReader};
use oms_domain::limits::{
    CODE_CHARACTERS_MAX, NAME_CHARACTERS_MAX, PASSWORD_CHARACTERS_MAX, SESSION_MS,
    SUBSCRIBER_SESSION_MS,
};
use oms_domain::login::read_access_code;
use oms_domain::number::parse_order_number;
use oms_web::{
    PROFILE_COOKIE, Parameters, Problem, SESSION_COOKIE, backend, bearer, clear_cookie, clock,
    cookie_of, json_answer, json_body, session_cookie, set_cookie,
};
use serde_json::{Value, json};

/// Who wants to get in.
enum Typed {
    Staff(LogIn),
    Subscriber(Entry),
}

/// What a subscriber sends, and what the staff does.
const SUBSCRIBERS_FIELDS: [&str; 2] = ["orderNumber", "code"];
const STAFF_FIELDS: [&str; 3] = ["login", "password", "totp"];

pub async fn begin(
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let body = json_body(&headers, body).await?;
    match read(&body.value)? {
        Typed::Staff(log_in) => {
            let session = sessions::log_in(&backend().await?, &log_in, clock()).await?;
            let cookie = set_cookie(&headers, SESSION_COOKIE, &session.token, SESSION_MS);
            let answer = json!({
                "token": session.token,
                "login": session.login,
                "name": session.name,
                "expiresAt": session.expires_at,
            });
            Ok(begun(cookie, &answer))
        }
        Typed::Subscriber(entry) => {
            let session = subscribers::enter(&backend().await?, &entry, clock()).await?;
            let cookie =
                set_cookie(&headers, PROFILE_COOKIE, &session.token, SUBSCRIBER_SESSION_MS);
            let answer = json!({
                "token": session.token,
                "orderNumber": entry.order_number,
                "expiresAt": session.expires_at,
            });
            Ok(begun(cookie, &answer))
        }
    }
}

fn begun(cookie: String, answer: &Value) -> Response {
    json_answer(StatusCode::CREATED, &[(header::SET_COOKIE, cookie)], answer)
}

/// Exactly one of both forms.
fn read(document: &Value) -> Result<Typed, AppError> {
    let names = |fields: &[&str]| fields.iter().any(|field| document.get(field).is_some());
    let is_subscriber = names(&SUBSCRIBERS_FIELDS);
    if is_subscriber && names(&STAFF_FIELDS) {
        let message = "Send login and password, or orderNumber and code; not some of both.";
        return Err(AppError::Invalid(vec![Fault {
            pointer: String::new(),
            code: "two-forms".to_owned(),
            message: message.to_owned(),
        }]));
    }
    let faults = Faults::default();
    let typed = faults.document(document).and_then(|reader| {
        let typed = match is_subscriber {
            true => read_entry(&reader).map(Typed::Subscriber),
            false => read_log_in(&reader).map(Typed::Staff),
        };
        reader.finish();
        typed
    });
    match typed {
        Some(typed) if faults.is_empty() => Ok(typed),
        _ => Err(AppError::Invalid(faults.into_vec())),
    }
}

fn read_log_in(reader: &ObjectReader<'_>) -> Option<LogIn> {
    let login = reader.required_text("login", NAME_CHARACTERS_MAX);
    // A password's blanks are part of it.
    let password = match reader.value("password") {
        Some(Value::String(password)) if password.chars().count() <= PASSWORD_CHARACTERS_MAX => {
            Some(password.clone())
        }
        Some(_) => {
            let message =
                format!("password must be a text of at most {PASSWORD_CHARACTERS_MAX} characters.");
            reader.fault("password", "wrong-type", message);
            None
        }
        None => {
            reader.required("password");
            None
        }
    };
    let totp = reader.text("totp", CODE_CHARACTERS_MAX);
    Some(LogIn { login: login?, password: password?, totp })
}

fn read_entry(reader: &ObjectReader<'_>) -> Option<Entry> {
    let number = reader.required_text("orderNumber", CODE_CHARACTERS_MAX);
    let order_number = number.as_deref().and_then(parse_order_number);
    if number.is_some() && order_number.is_none() {
        let message =
            "orderNumber must be the number of an order as 261124-4801-9375; a digit is wrong.";
        reader.fault("orderNumber", "invalid-order-number", message);
    }
    let typed = reader.required_text("code", CODE_CHARACTERS_MAX);
    let code = typed.as_deref().and_then(read_access_code);
    if typed.is_some() && code.is_none() {
        reader.fault(
            "code",
            "invalid-access-code",
            "code must be the eight digits that were told.",
        );
    }
    Some(Entry { order_number: order_number?, code: code? })
}

/// Ends the sessions that are shown; one that has ended stays so. A token of a program is revoked elsewhere.
pub async fn end(parameters: Parameters, headers: HeaderMap) -> Result<Response, Problem> {
    parameters.finish()?;
    let shown = match bearer(&headers)? {
        Some(token) => vec![token],
        None => {
            let cookies = [session_cookie(&headers), cookie_of(&headers, PROFILE_COOKIE)];
            cookies.into_iter().flatten().collect()
        }
    };
    if shown.is_empty() {
        return Err(Problem::unauthorized(
            "Send Authorization: Bearer TOKEN, or a session's cookie.",
        ));
    }
    let backend = backend().await?;
    for token in &shown {
        match subscribers::is_session(token) {
            true => subscribers::leave(&backend, token).await?,
            false => sessions::log_out(&backend, token).await?,
        }
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    for name in [SESSION_COOKIE, PROFILE_COOKIE] {
        if let Ok(cookie) = clear_cookie(&headers, name).parse() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}
