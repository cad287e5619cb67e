//! The billing system, behind the interface `oms:billing`.

use oms_app::hash::sha256_hex;
use oms_domain::provisioning::{
    BillingObject, BillingObjectKind, BillingStatus, FoundObject, PlannedObject,
};
use serde_json::json;

mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/billing",
        world: "billing-client",
        generate_all,
    });
}

use bindings::oms::billing::objects;

/// Digits of the content's hash in an idempotency key: two contents of one object in one effect don't meet by chance.
const CONTENT_DIGITS: usize = 16;

/// Why an object was not made or retired.
pub enum BillingFailure {
    /// The same call may succeed later.
    Later(String),
    /// A person must look at it.
    Refused(String),
}

/// Makes an object, or finds that it is there.
pub async fn ensure(object: &PlannedObject, effect: &str) -> Result<BillingObject, BillingFailure> {
    let desired = objects::DesiredObject {
        kind: kind(object.kind),
        external_key: object.key.clone(),
        parents: object.parents.clone(),
        attributes: object
            .attributes
            .iter()
            .map(|(name, value)| objects::Attribute { name: name.clone(), value: value.clone() })
            .collect(),
    };
    // An effect that a person repeats after an amendment asks for something else under another key: the same one would be
    // refused.
    let content = sha256_hex(json!([object.parents, object.attributes]).to_string().as_bytes());
    let key = idempotency_key(effect, object.kind, &object.key);
    let key = format!("{key}/{}", &content[..CONTENT_DIGITS]);
    let made = objects::ensure(desired.clone(), key.clone()).await;
    let made = match made {
        // Most often only the answer was lost: asked again at once, the rest of the plan need not wait for the next
        // attempt. What is really away fails again and waits.
        Err(objects::BillingError::Unavailable(_)) => objects::ensure(desired, key).await,
        answered => answered,
    };
    made.map(|made| known(object.kind, made)).map_err(failure)
}

/// The object as billing has it; None: there is none.
pub async fn find(
    kind_of_object: BillingObjectKind,
    key: &str,
) -> Result<Option<FoundObject>, BillingFailure> {
    let found = objects::find(kind(kind_of_object), key.to_owned()).await.map_err(failure)?;
    Ok(found.map(|found| FoundObject {
        attributes: found
            .attributes
            .iter()
            .map(|attribute| (attribute.name.clone(), attribute.value.clone()))
            .collect(),
        object: known(kind_of_object, found),
    }))
}

fn known(kind: BillingObjectKind, object: objects::BillingObject) -> BillingObject {
    let status = match object.status {
        objects::ObjectStatus::Active => BillingStatus::Active,
        objects::ObjectStatus::Blocked => BillingStatus::Blocked,
        objects::ObjectStatus::Retired => BillingStatus::Retired,
    };
    BillingObject { kind, key: object.external_key, id: object.id, status }
}

/// Retires an object; one that does not exist counts as retired.
pub async fn retire(object: &BillingObject, effect: &str) -> Result<(), BillingFailure> {
    let key = idempotency_key(effect, object.kind, &object.key);
    objects::retire(kind(object.kind), object.key.clone(), key).await.map_err(failure)
}

/// The same at every repetition of the effect, different for every object of it.
fn idempotency_key(effect: &str, kind: BillingObjectKind, key: &str) -> String {
    format!("{effect}/{kind:?}/{key}")
}

fn kind(kind: BillingObjectKind) -> objects::ObjectKind {
    match kind {
        BillingObjectKind::Domain => objects::ObjectKind::Domain,
        BillingObjectKind::Customer => objects::ObjectKind::Customer,
        BillingObjectKind::Contract => objects::ObjectKind::Contract,
        BillingObjectKind::PersonalAccount => objects::ObjectKind::PersonalAccount,
        BillingObjectKind::Service => objects::ObjectKind::Service,
        BillingObjectKind::BillingPlan => objects::ObjectKind::BillingPlan,
        BillingObjectKind::AccessPoint => objects::ObjectKind::AccessPoint,
    }
}

fn failure(error: objects::BillingError) -> BillingFailure {
    match error {
        objects::BillingError::Unavailable(text) => BillingFailure::Later(text),
        // Settings are mended by people while orders wait: the order completes once they are.
        objects::BillingError::Misconfigured(text) => {
            BillingFailure::Later(format!("the adapter's settings are wrong: {text}"))
        }
        objects::BillingError::Refused(text) => BillingFailure::Refused(text),
    }
}
