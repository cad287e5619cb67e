//! `POST` and `DELETE /api/v1/session`: a person logs in and out.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::AppError;
use oms_app::sessions::{self, LogIn};
use oms_domain::input::Faults;
use oms_domain::limits::{CODE_CHARACTERS_MAX, NAME_CHARACTERS_MAX, PASSWORD_CHARACTERS_MAX};
use oms_web::{
    Parameters, Problem, backend, clear_cookie, clock, credential, json_answer, json_body,
    set_cookie,
};
use serde_json::{Value, json};

pub async fn begin(
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let body = json_body(&headers, body).await?;
    let log_in = read(&body.value)?;
    let session = sessions::log_in(&backend().await?, &log_in, clock()).await?;
    let answer = json!({
        "token": session.token,
        "login": session.login,
        "name": session.name,
        "expiresAt": session.expires_at,
    });
    let cookie = (header::SET_COOKIE, set_cookie(&headers, &session.token));
    Ok(json_answer(StatusCode::CREATED, &[cookie], &answer))
}

fn read(document: &Value) -> Result<LogIn, Problem> {
    let faults = Faults::default();
    let log_in = faults.document(document).and_then(|reader| {
        let login = reader.required_text("login", NAME_CHARACTERS_MAX);
        // A password's blanks are part of it.
        let password = match reader.value("password") {
            Some(Value::String(password))
                if password.chars().count() <= PASSWORD_CHARACTERS_MAX =>
            {
                Some(password.clone())
            }
            Some(_) => {
                let message = format!(
                    "password must be a text of at most {PASSWORD_CHARACTERS_MAX} characters."
                );
                reader.fault("password", "wrong-type", message);
                None
            }
            None => {
                reader.required("password");
                None
            }
        };
        let totp = reader.text("totp", CODE_CHARACTERS_MAX);
        reader.finish();
        Some(LogIn { login: login?, password: password?, totp })
    });
    match log_in {
        Some(log_in) if faults.is_empty() => Ok(log_in),
        _ => Err(AppError::Invalid(faults.into_vec()).into()),
    }
}

/// Ends the session that is shown; one that has ended stays so. A token of a program is revoked elsewhere.
pub async fn end(parameters: Parameters, headers: HeaderMap) -> Result<Response, Problem> {
    parameters.finish()?;
    sessions::log_out(&backend().await?, &credential(&headers)?).await?;
    let cookie = [(header::SET_COOKIE, clear_cookie(&headers))];
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}
