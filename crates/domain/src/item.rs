//! Items: what an order does to which service.

use crate::catalogue::Service;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What an item does to its service, in the words of TMF622.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ItemAction {
    Add,
    Modify,
    Delete,
    NoChange,
}

impl ItemAction {
    pub const WORDS: &[(&str, ItemAction)] = &[
        ("add", ItemAction::Add),
        ("modify", ItemAction::Modify),
        ("delete", ItemAction::Delete),
        ("noChange", ItemAction::NoChange),
    ];
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderItem {
    pub id: String,
    pub service: Service,
    pub action: ItemAction,
    /// Key of the service that the item is about, as the order that made it tells. None: one that is added, or one of
    /// before the product, which only people know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    pub characteristics: Map<String, Value>,
}

/// A service of the subscriber that this order has made or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceReference {
    /// Key of the service object in the billing system.
    pub key: String,
    pub service: Service,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff: Option<String>,
    pub item: String,
}
