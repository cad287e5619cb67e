//! The interface `oms:billing`, as this component exports it.

use crate::call::{Call, send};
use crate::wire::{self, Failure, GatewayObject, Status};
use http::Method;

mod bindings {
    #![expect(unsafe_code, reason = "generated: the functions that the component model calls")]
    wit_bindgen::generate!({
        path: "../../wit/billing",
        world: "billing-system",
        generate_all,
    });

    export!(Adapter);

    pub struct Adapter;
}

use bindings::Adapter;
use bindings::exports::oms::billing::objects::{
    Attribute, BillingError, BillingObject, DesiredObject, Guest, ObjectKind, ObjectStatus,
};

impl Guest for Adapter {
    async fn ensure(
        desired: DesiredObject,
        idempotency_key: String,
    ) -> Result<BillingObject, BillingError> {
        let attributes: Vec<(String, String)> = desired
            .attributes
            .into_iter()
            .map(|attribute| (attribute.name, attribute.value))
            .collect();
        let body = wire::ensure_body(&desired.parents, &attributes);
        let (kind, key) = (desired.kind, desired.external_key);
        let (status, answer) =
            call(Method::PUT, kind, &key, Some(&idempotency_key), Some(body)).await?;
        let object = wire::object(status, &answer, word(kind), &key)?;
        Ok(billing_object(kind, object))
    }

    async fn find(
        kind: ObjectKind,
        external_key: String,
    ) -> Result<Option<BillingObject>, BillingError> {
        let (status, answer) = call(Method::GET, kind, &external_key, None, None).await?;
        if wire::absent(status, &answer) {
            return Ok(None);
        }
        let object = wire::object(status, &answer, word(kind), &external_key)?;
        Ok(Some(billing_object(kind, object)))
    }

    async fn retire(
        kind: ObjectKind,
        external_key: String,
        idempotency_key: String,
    ) -> Result<(), BillingError> {
        let (status, answer) =
            call(Method::DELETE, kind, &external_key, Some(&idempotency_key), None).await?;
        Ok(wire::retired(status, &answer)?)
    }
}

async fn call(
    method: Method,
    kind: ObjectKind,
    key: &str,
    idempotency_key: Option<&str>,
    body: Option<String>,
) -> Result<(http::StatusCode, bytes::Bytes), Failure> {
    let setting = |error: spin_sdk::variables::Error| Failure::Misconfigured(error.to_string());
    let gateway = spin_sdk::variables::get("billmaster_url").await.map_err(setting)?;
    let token = spin_sdk::variables::get("billmaster_token").await.map_err(setting)?;
    let url = wire::address(&gateway, word(kind), key)?;
    send(Call { method, url, token: &token, idempotency_key, body }).await
}

fn billing_object(kind: ObjectKind, object: GatewayObject) -> BillingObject {
    let status = match object.status {
        Status::Active => ObjectStatus::Active,
        Status::Blocked => ObjectStatus::Blocked,
        Status::Retired => ObjectStatus::Retired,
    };
    let attributes = object.attributes.into_iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Attribute { name, value }
    });
    BillingObject {
        kind,
        external_key: object.external_key,
        id: object.id,
        status,
        attributes: attributes.collect(),
    }
}

fn word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Domain => "domain",
        ObjectKind::Customer => "customer",
        ObjectKind::Contract => "contract",
        ObjectKind::PersonalAccount => "personalAccount",
        ObjectKind::Service => "service",
        ObjectKind::BillingPlan => "billingPlan",
        ObjectKind::AccessPoint => "accessPoint",
    }
}

impl From<Failure> for BillingError {
    fn from(failure: Failure) -> BillingError {
        match failure {
            Failure::Unavailable(text) => BillingError::Unavailable(text),
            Failure::Refused(text) => BillingError::Refused(text),
            Failure::Misconfigured(text) => BillingError::Misconfigured(text),
        }
    }
}
