//! Orders to register.

use serde_json::{Value, json};

/// The body of a connect order of a person; `number` makes its address and party unlike those of others.
pub fn connect(number: u32) -> Value {
    json!({
        "kind": "connect",
        "channel": "operator",
        "party": {
            "type": "individual",
            "familyName": "Karimov",
            "givenName": "Anvar",
            "phone": format!("+99890{number:07}"),
            "language": "ru",
        },
        "address": {
            "country": "UZ",
            "region": "Tashkent",
            "city": "Tashkent",
            "street": "Amir Temur",
            "house": "12",
            "flat": number.to_string(),
            "postcode": "100000",
        },
        "items": [{
            "id": "1",
            "service": "internet",
            "action": "add",
            "tariff": "home-300",
            "characteristics": { "technology": "FTTB" },
        }],
    })
}

/// The body of a support order; `number` as above.
pub fn support(number: u32) -> Value {
    json!({
        "kind": "support",
        "channel": "operator",
        "symptom": "No link since the morning",
        "party": { "type": "individual", "familyName": "Yusupova", "phone": format!("+99891{number:07}") },
        "address": {
            "country": "UZ",
            "region": "Tashkent",
            "city": "Tashkent",
            "street": "Amir Temur",
            "house": "12",
            "flat": number.to_string(),
        },
    })
}
