//! The billing system, behind the interface `oms:billing`.

use oms_domain::provisioning::{BillingObject, BillingObjectKind, BillingStatus, PlannedObject};

mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/billing",
        world: "billing-client",
        generate_all,
    });
}

use bindings::oms::billing::objects;

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
    let key = idempotency_key(effect, object.kind, &object.key);
    let made = objects::ensure(desired.clone(), key.clone()).await;
    let made = match made {
        // Most often only the answer was lost: asked again at once, the rest of the plan need not wait for the next
        // attempt. What is really away fails again and waits.
        Err(objects::BillingError::Unavailable(_)) => objects::ensure(desired, key).await,
        answered => answered,
    };
    let made = made.map_err(failure)?;
    let status = match made.status {
        objects::ObjectStatus::Active => BillingStatus::Active,
        objects::ObjectStatus::Blocked => BillingStatus::Blocked,
        objects::ObjectStatus::Retired => BillingStatus::Retired,
    };
    Ok(BillingObject { kind: object.kind, key: object.key.clone(), id: made.id, status })
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
