//! One sound registration of each kind, and changing it at a place.

use oms_domain::time::Instant;
use serde_json::{Value, json};

/// 2026-11-24T09:00:00Z, a Tuesday: when every story begins.
pub const MORNING: Instant = Instant(1_795_510_800_000);

/// A sound registration. The names are those of the scenarios, and `import`.
pub fn form(name: &str) -> Value {
    let individual = json!({
        "type": "individual", "familyName": "Karimov", "givenName": "Anvar", "phone": "+998901234567",
        "email": "a.karimov@example.org", "language": "ru"
    });
    let legal_entity = json!({
        "type": "legalEntity", "name": "Tashkent Tekstil", "taxId": "301234567",
        "representative": { "name": "Olim Yusupov", "position": "Director" }, "phone": "+998712000000"
    });
    let address = json!({
        "country": "UZ", "region": "Tashkent", "city": "Tashkent", "street": "Amir Temur", "house": "12A",
        "flat": "45", "postcode": "100000"
    });
    let item = |action: &str| json!({ "id": "1", "service": "internet", "action": action, "tariff": "home-300" });
    let order = |kind: &str, party: &Value, action: &str| {
        json!({
            "kind": kind, "channel": "operator", "party": party, "address": address, "items": [item(action)]
        })
    };
    match name {
        "connect-individual" => order("connect", &individual, "add"),
        "connect-later" => {
            let mut form = order("connect", &individual, "add");
            form["requestedStartDate"] = json!("2026-11-28");
            form
        }
        "connect-legal" => order("connect", &legal_entity, "add"),
        "disconnect-individual" => order("disconnect", &individual, "delete"),
        "change-individual" => order("change", &individual, "modify"),
        "disconnect-legal" => order("disconnect", &legal_entity, "delete"),
        "change-legal" => order("change", &legal_entity, "modify"),
        "support-legal" => json!({
            "kind": "support", "channel": "operator", "party": legal_entity, "address": { "country": "UZ" },
            "symptom": "The telephone is dead"
        }),
        "support-individual" => json!({
            "kind": "support", "channel": "public", "party": individual, "address": { "country": "UZ" },
            "symptom": "No internet since the morning"
        }),
        "import" => json!({
            "kind": "support", "channel": "import", "address": { "country": "US" }, "symptom": "Slow",
            "imported": { "source": "complaints", "key": "211255" }
        }),
        _ => panic!("there is no form {name}"),
    }
}
