//! What the operator sells: services and their tariffs. Data, in `scenarios/catalogue.toml`.

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// A service that an order item can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Service {
    Internet,
    Telephony,
}

impl Service {
    pub const WORDS: &[(&str, Service)] =
        &[("internet", Service::Internet), ("telephony", Service::Telephony)];

    pub fn code(self) -> &'static str {
        match self {
            Service::Internet => "internet",
            Service::Telephony => "telephony",
        }
    }
}

/// A priced way to have a service. The billing system knows it as a billing plan of the same code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tariff {
    pub code: String,
    pub service: Service,
    pub name: String,
}

#[derive(Deserialize)]
struct CatalogueFile {
    tariffs: Vec<Tariff>,
}

static TARIFFS: LazyLock<Vec<Tariff>> = LazyLock::new(|| {
    let file: CatalogueFile = toml::from_str(include_str!("../../../scenarios/catalogue.toml"))
        .expect("the catalogue is part of the program and read by a test");
    file.tariffs
});

pub fn tariffs() -> &'static [Tariff] {
    &TARIFFS
}

pub fn tariff(service: Service, code: &str) -> Option<&'static Tariff> {
    TARIFFS.iter().find(|tariff| tariff.service == service && tariff.code == code)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_catalogue_is_read_and_every_code_is_there_once() {
        let mut codes: Vec<_> = super::tariffs().iter().map(|tariff| &tariff.code).collect();
        codes.sort();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
        assert!(super::tariff(super::Service::Internet, "home-300").is_some());
    }
}
