//! Roles are made and given, and tokens of programs. Every change is in the audit.

use crate::AppError;
use crate::identity::{Change, Given, GrantRecord, Identity, IdentityError, TokenRecord};
use crate::ports::StoreError;
use crate::scoped::require_everywhere;
use crate::staff::{fault, invalid, sound};
use crate::tokens::{TOKEN_PREFIX, secret};
use oms_domain::access::{Actor, Divisions, Reach};
use oms_domain::input::{Fault, Faults, ObjectReader};
use oms_domain::limits::{CODE_CHARACTERS_MAX, LOGIN_CHARACTERS_MAX, NAME_CHARACTERS_MAX};
use oms_domain::order::OrderKind;
use oms_domain::rejection::Rejection;
use oms_domain::rights::Right;
use oms_domain::role::{Role, built_in, read_rights, read_words};
use oms_domain::time::Instant;
use serde_json::{Value, json};
use uuid::Uuid;

/// The built-in roles, then the operator's own.
pub async fn roles<P: Identity>(ports: &P, actor: &Actor) -> Result<Vec<Role>, AppError> {
    require_everywhere(actor, Right::StaffRead)?;
    Ok(all_roles(ports).await?)
}

async fn all_roles<P: Identity>(ports: &P) -> Result<Vec<Role>, StoreError> {
    let mut roles = built_in();
    roles.extend(ports.roles().await?);
    Ok(roles)
}

pub async fn add_role<P: Identity>(
    ports: &P,
    actor: &Actor,
    document: &Value,
    now: Instant,
) -> Result<Role, AppError> {
    require_everywhere(actor, Right::StaffWrite)?;
    let role = Role::read(document).map_err(AppError::Invalid)?;
    let entry = json!({
        "code": role.code, "nameEn": role.name.en, "nameRu": role.name.ru, "rights": role.rights,
    });
    let detail = json!({ "rights": role.rights });
    let change = Change::default().with("roles", entry);
    let change = change.audited(&actor.name, "role.add", &role.code, detail, now);
    match ports.change_identity(&change).await {
        Err(IdentityError::Taken) => Err(Rejection::RoleTaken { code: role.code }.into()),
        outcome => {
            outcome?;
            Ok(role)
        }
    }
}

pub async fn grants<P: Identity>(
    ports: &P,
    actor: &Actor,
    login: Option<&str>,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<GrantRecord>, AppError> {
    require_everywhere(actor, Right::StaffRead)?;
    Ok(ports.grants(login, after, limit).await?)
}

/// Gives a role to one of the staff: `{"login", "role", "division"?, "kinds"?, "until"?}`. Nobody gives what they do not
/// have themselves.
pub async fn give<P: Identity>(
    ports: &P,
    actor: &Actor,
    document: &Value,
    now: Instant,
) -> Result<GrantRecord, AppError> {
    require_everywhere(actor, Right::StaffWrite)?;
    let faults = Faults::default();
    let read = faults.document(document).and_then(|reader| {
        let login = reader.required_text("login", LOGIN_CHARACTERS_MAX);
        let role = reader.required_text("role", CODE_CHARACTERS_MAX);
        let scope = Scope::read(&reader, now);
        reader.finish();
        Some((login?, role?, scope?))
    });
    let (login, role, scope) = sound(read, faults)?;
    if ports.staff_member(&login).await?.is_none() {
        let message = format!("Nobody of the staff has the login {login:?}.");
        return Err(invalid("/login", "unknown-value", message));
    }
    let given = given(ports, &role, scope.division.as_deref(), scope.kinds.clone()).await?;
    let given = given.map_err(|fault| AppError::Invalid(vec![fault]))?;
    if let Some(right) = actor.cannot_give(&given.rights, &given.reach) {
        return Err(AppError::RightMissing(right));
    }
    let grant = GrantRecord {
        id: Uuid::now_v7().to_string(),
        login,
        role,
        division: scope.division,
        kinds: scope.kinds,
        until: scope.until,
        created_at: now,
        created_by: actor.name.clone(),
    };
    let entry = json!({
        "id": grant.id,
        "login": grant.login,
        "role": grant.role,
        "division": grant.division,
        "kinds": kinds_column(&grant.kinds),
        "until": grant.until.map(|until| until.0),
        "createdAt": now.0,
        "createdBy": grant.created_by,
    });
    let change = Change::default().with("grants", entry);
    let change = change.audited(&actor.name, "grant.add", &grant.login, detail_of(&grant), now);
    ports.change_identity(&change).await?;
    Ok(grant)
}

/// What a role gives over a part of the organisation, or what of it is not there.
pub(crate) async fn given<P: Identity>(
    ports: &P,
    role: &str,
    division: Option<&str>,
    kinds: Vec<OrderKind>,
) -> Result<Result<Given, Fault>, AppError> {
    let roles = all_roles(ports).await?;
    let Some(rights) = roles.into_iter().find(|known| known.code == role).map(|role| role.rights)
    else {
        let message = format!("There is no role {role:?}; GET /api/v1/roles lists them.");
        return Ok(Err(fault("/role", "unknown-value", message)));
    };
    Ok(reach(ports, division, kinds).await?.map(|reach| Given { rights, reach }))
}

async fn reach<P: Identity>(
    ports: &P,
    division: Option<&str>,
    kinds: Vec<OrderKind>,
) -> Result<Result<Reach, Fault>, AppError> {
    let divisions = match division {
        None => Divisions::Whole,
        Some(code) => match ports.division_path(code).await? {
            Some(path) => Divisions::Subtree(path),
            None => {
                let message =
                    format!("There is no division {code:?}; GET /api/v1/divisions lists them.");
                return Ok(Err(fault("/division", "unknown-value", message)));
            }
        },
    };
    Ok(Ok(Reach { divisions, kinds }))
}

/// Takes a grant away, which only those may who could give it; one that is gone already stays so.
pub async fn take<P: Identity>(
    ports: &P,
    actor: &Actor,
    id: &str,
    now: Instant,
) -> Result<(), AppError> {
    require_everywhere(actor, Right::StaffWrite)?;
    let Some(grant) = ports.grant(id).await? else { return Ok(()) };
    let given = given(ports, &grant.role, grant.division.as_deref(), grant.kinds.clone()).await?;
    let missing = given.ok().and_then(|given| actor.cannot_give(&given.rights, &given.reach));
    if let Some(right) = missing {
        return Err(AppError::RightMissing(right));
    }
    let mut change = Change::default().with("grantsEnded", json!(id));
    change = change.audited(&actor.name, "grant.remove", &grant.login, detail_of(&grant), now);
    change.administrator_needed = ports.has_administrator().await?;
    Ok(ports.change_identity(&change).await?)
}

fn detail_of(grant: &GrantRecord) -> Value {
    json!({
        "grant": grant.id, "role": grant.role, "division": grant.division, "kinds": grant.kinds,
        "until": grant.until,
    })
}

pub async fn tokens<P: Identity>(
    ports: &P,
    actor: &Actor,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<TokenRecord>, AppError> {
    require_everywhere(actor, Right::StaffRead)?;
    Ok(ports.tokens(after, limit).await?)
}

/// Makes a token for a program: `{"name", "rights", "division"?, "kinds"?, "until"?}`. Its text is answered here and
/// nowhere else.
pub async fn add_token<P: Identity>(
    ports: &P,
    actor: &Actor,
    document: &Value,
    now: Instant,
) -> Result<(TokenRecord, String), AppError> {
    require_everywhere(actor, Right::StaffWrite)?;
    let faults = Faults::default();
    let read = faults.document(document).and_then(|reader| {
        let name = reader.required_text("name", NAME_CHARACTERS_MAX);
        let rights = read_rights(&reader);
        let scope = Scope::read(&reader, now);
        reader.finish();
        Some((name?, rights?, scope?))
    });
    let (name, rights, scope) = sound(read, faults)?;
    if ports.staff_member(&name).await?.is_some() {
        // In a history nobody could tell one from the other.
        let message = format!("{name:?} is the login of one of the staff; name the program.");
        return Err(invalid("/name", "taken", message));
    }
    let reach = reach(ports, scope.division.as_deref(), scope.kinds.clone()).await?;
    let reach = reach.map_err(|fault| AppError::Invalid(vec![fault]))?;
    if let Some(right) = actor.cannot_give(&rights, &reach) {
        return Err(AppError::RightMissing(right));
    }
    let token = secret(TOKEN_PREFIX);
    let sha256 = crate::hash::sha256_hex(token.as_bytes());
    let record = TokenRecord {
        id: sha256.chars().take(32).collect(),
        name,
        rights,
        division: scope.division,
        kinds: scope.kinds,
        until: scope.until,
        created_at: now,
        created_by: Some(actor.name.clone()),
        revoked_at: None,
    };
    let entry = json!({
        "sha256": sha256,
        "name": record.name,
        "rights": record.rights,
        "division": record.division,
        "kinds": kinds_column(&record.kinds),
        "until": record.until.map(|until| until.0),
        "createdAt": now.0,
        "createdBy": record.created_by,
    });
    let detail = json!({
        "token": record.id, "rights": record.rights, "division": record.division, "kinds": record.kinds,
        "until": record.until,
    });
    let change = Change::default().with("tokens", entry);
    let change = change.audited(&actor.name, "token.add", &record.name, detail, now);
    ports.change_identity(&change).await?;
    Ok((record, token))
}

/// Revokes a token at once; one that is revoked already stays so.
pub async fn revoke<P: Identity>(
    ports: &P,
    actor: &Actor,
    id: &str,
    now: Instant,
) -> Result<(), AppError> {
    require_everywhere(actor, Right::StaffWrite)?;
    let found = ports.token_record(id).await?;
    let Some(token) = found.filter(|token| token.revoked_at.is_none()) else { return Ok(()) };
    let change = Change::default().with("tokensRevoked", json!({ "id": id, "at": now.0 }));
    let detail = json!({ "token": id });
    let change = change.audited(&actor.name, "token.revoke", &token.name, detail, now);
    Ok(ports.change_identity(&change).await?)
}

/// Over what a grant or a token holds.
struct Scope {
    division: Option<String>,
    kinds: Vec<OrderKind>,
    until: Option<Instant>,
}

impl Scope {
    fn read(reader: &ObjectReader<'_>, now: Instant) -> Option<Scope> {
        let division = reader.text("division", CODE_CHARACTERS_MAX);
        let kind = |word: &str| {
            OrderKind::WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
        };
        let kinds = read_words(reader, "kinds", OrderKind::WORDS.len(), kind);
        let until = reader.instant("until");
        if until.is_some_and(|until| until <= now) {
            reader.fault("until", "in-the-past", "until must be in the future.");
        }
        Some(Scope { division, kinds: kinds?, until })
    }
}

/// Every kind is kept as nothing.
fn kinds_column(kinds: &[OrderKind]) -> Option<&[OrderKind]> {
    Some(kinds).filter(|kinds| !kinds.is_empty())
}
