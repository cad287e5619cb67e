//! The staff is administered, and the audit is read. Every change is in it.

use crate::AppError;
use crate::grants::given;
use crate::identity::{AuditEntry, Change, Identity, IdentityError};
use crate::password;
use crate::scoped::require_everywhere;
use oms_domain::access::Actor;
use oms_domain::input::{Fault, Faults};
use oms_domain::limits::{GRANTS_MAX, LOGIN_CHARACTERS_MAX, STALE_RETRIES_MAX};
use oms_domain::login::encode_base32;
use oms_domain::rejection::Rejection;
use oms_domain::rights::Right;
use oms_domain::staff::{Absence, NewStaff, Staff, StaffPatch};
use oms_domain::time::Instant;
use serde_json::{Value, json};
use uuid::Uuid;

/// Bytes of a secret for one-time codes (RFC 4226, section 4, R6: 160 bits are recommended).
const TOTP_SECRET_BYTES: usize = 20;

pub async fn list<P: Identity>(
    ports: &P,
    actor: &Actor,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Staff>, AppError> {
    require_everywhere(actor, Right::StaffRead)?;
    Ok(ports.staff(after, limit).await?)
}

/// Adds somebody. They have no right until they get a grant.
pub async fn add<P: Identity>(
    ports: &P,
    actor: &Actor,
    document: &Value,
    now: Instant,
) -> Result<Staff, AppError> {
    require_everywhere(actor, Right::StaffWrite)?;
    let new = NewStaff::read(document).map_err(AppError::Invalid)?;
    let login = new.login.clone();
    let entry = json!({
        "login": login,
        "name": new.name,
        "position": new.position,
        "email": new.email,
        "phone": new.phone,
        "passwordHash": new.password.as_deref().map(password::hash),
        "createdAt": now.0,
    });
    let detail = json!({ "name": new.name });
    let change = Change::default().with("staffAdded", entry);
    let change = change.audited(&actor.name, "staff.add", &login, detail, now);
    match ports.change_identity(&change).await {
        Err(IdentityError::Taken) => Err(Rejection::LoginTaken { login }.into()),
        outcome => {
            outcome?;
            member(ports, &login).await
        }
    }
}

/// Changes somebody by a merge patch. Answers them, and the secret of a new second factor: it is shown once.
pub async fn amend<P: Identity>(
    ports: &P,
    actor: &Actor,
    login: &str,
    document: &Value,
    now: Instant,
) -> Result<(Staff, Option<String>), AppError> {
    require_everywhere(actor, Right::StaffWrite)?;
    let patch = StaffPatch::read(document).map_err(AppError::Invalid)?;
    if let Some(Some(substitute)) = &patch.substitute {
        let unknown = ports.staff_member(&substitute.login).await?.is_none();
        if unknown || substitute.login == login {
            let message = "substitute must be somebody else of the staff.".to_owned();
            return Err(invalid("/substitute/login", "unknown-value", message));
        }
    }
    guard_power(ports, actor, login, &patch, now).await?;
    let secret = (patch.totp == Some(true)).then(totp_secret);
    let hash = patch.password.as_deref().map(password::hash);
    for _ in 0..STALE_RETRIES_MAX {
        let changed = patch.apply(&member(ports, login).await?);
        let mut change = Change::default().with("staffChanged", entry(&changed));
        if let Some(hash) = &hash {
            // Whoever knew the old password is out, and guesses at it count no more.
            change = change
                .with("passwords", json!({ "login": login, "hash": hash }))
                .with("sessionsEndedOf", json!(login))
                .with("attemptsForgottenOf", json!(login));
        }
        if patch.totp.is_some() {
            change = change.with("totpSecrets", json!({ "login": login, "secret": secret }));
        }
        if !changed.active {
            change = change.with("sessionsEndedOf", json!(login));
        }
        let detail = json!({ "changed": patch.changes() });
        change = change.audited(&actor.name, "staff.change", login, detail, now);
        change.administrator_needed = !changed.active && ports.has_administrator().await?;
        match ports.change_identity(&change).await {
            Err(IdentityError::Stale) => {}
            outcome => {
                outcome?;
                return Ok((member(ports, login).await?, secret));
            }
        }
    }
    Err(AppError::Busy)
}

/// Whoever sets a password, a substitute or absences of somebody could act with their rights, and whoever stops them takes
/// those away: they must have them all themselves. What somebody has when they stand in for others counts too, also before
/// those are absent: a password lasts.
async fn guard_power<P: Identity>(
    ports: &P,
    actor: &Actor,
    login: &str,
    patch: &StaffPatch,
    now: Instant,
) -> Result<(), AppError> {
    let gives_power = patch.password.is_some()
        || patch.totp.is_some()
        || patch.substitute.is_some()
        || patch.absences.is_some()
        || patch.active.is_some();
    if !gives_power || actor.may_everywhere(Right::Admin) || actor.name == login {
        return Ok(());
    }
    for grant in ports.grants_at_hand(login, now, GRANTS_MAX as u32).await? {
        let given = given(ports, &grant.role, grant.division.as_deref(), grant.kinds).await?;
        // A grant over what is gone gives nothing.
        if let Some(right) =
            given.ok().and_then(|given| actor.cannot_give(&given.rights, &given.reach))
        {
            return Err(AppError::RightMissing(right));
        }
    }
    Ok(())
}

fn totp_secret() -> String {
    let bytes: Vec<u8> =
        [Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(|random| *random.as_bytes()).collect();
    // The fixed bits of a UUID would not be random: what is hashed is.
    let digest = crate::hash::sha256(&bytes);
    encode_base32(&digest[..TOTP_SECRET_BYTES])
}

fn entry(staff: &Staff) -> Value {
    let substitute = staff.substitute.as_ref();
    let absence = |absence: &Absence| json!({ "from": absence.from.0, "until": absence.until.0, "reason": absence.reason });
    json!({
        "login": staff.login,
        "version": staff.version,
        "name": staff.name,
        "position": staff.position,
        "email": staff.email,
        "phone": staff.phone,
        "active": i64::from(staff.active),
        "substituteLogin": substitute.map(|substitute| &substitute.login),
        "substituteFrom": substitute.and_then(|substitute| substitute.from).map(|from| from.0),
        "substituteUntil": substitute.and_then(|substitute| substitute.until).map(|until| until.0),
        "absences": staff.absences.iter().map(absence).collect::<Vec<_>>(),
    })
}

async fn member<P: Identity>(ports: &P, login: &str) -> Result<Staff, AppError> {
    let shown: String = login.chars().take(LOGIN_CHARACTERS_MAX).collect();
    let found = ports.staff_member(login).await?;
    found.ok_or_else(|| AppError::NotFound { what: format!("Login {shown:?}") })
}

pub async fn audit<P: Identity>(
    ports: &P,
    actor: &Actor,
    before: Option<&str>,
    limit: u32,
) -> Result<Vec<AuditEntry>, AppError> {
    require_everywhere(actor, Right::AuditRead)?;
    Ok(ports.audit(before, limit).await?)
}

pub(crate) fn sound<T>(read: Option<T>, faults: Faults) -> Result<T, AppError> {
    match read {
        Some(read) if faults.is_empty() => Ok(read),
        _ => Err(AppError::Invalid(faults.into_vec())),
    }
}

pub(crate) fn fault(pointer: &str, code: &str, message: String) -> Fault {
    Fault { pointer: pointer.to_owned(), code: code.to_owned(), message }
}

pub(crate) fn invalid(pointer: &str, code: &str, message: String) -> AppError {
    AppError::Invalid(vec![fault(pointer, code, message)])
}
