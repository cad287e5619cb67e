//! Roles: named sets of rights. The built-in ones cannot be changed; an operator adds its own.

use crate::input::{Fault, Faults, ObjectReader};
use crate::limits::{CODE_CHARACTERS_MAX, NAME_CHARACTERS_MAX, RIGHTS_MAX};
use crate::rights::Right;
use crate::scenario::LocalText;
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    pub code: String,
    pub name: LocalText,
    pub rights: Vec<Right>,
    /// Part of the product.
    pub built_in: bool,
}

/// The role that has everything.
pub const ADMINISTRATOR: &str = "administrator";

const DESK: &[Right] = &[
    Right::OrdersRead,
    Right::OrdersRegister,
    Right::OrdersSupport,
    Right::OrdersAmend,
    Right::OrdersHold,
    Right::OrdersCancel,
    Right::OrdersAssign,
    Right::OrdersComment,
    Right::DocumentsRead,
    Right::DocumentsWrite,
    Right::OrganisationRead,
    Right::ScenariosRead,
    Right::IdentityDocuments,
    Right::TechniciansRead,
    Right::SubscribersCode,
];
const SALES: &[Right] = &[
    Right::OrdersRead,
    Right::OrdersRegister,
    Right::OrdersSales,
    Right::OrdersAmend,
    Right::OrdersHold,
    Right::OrdersCancel,
    Right::OrdersAssign,
    Right::OrdersComment,
    Right::DocumentsRead,
    Right::DocumentsWrite,
    Right::OrganisationRead,
    Right::ScenariosRead,
    Right::IdentityDocuments,
    Right::TechniciansRead,
    Right::SubscribersCode,
];
const TECHNICIAN: &[Right] = &[
    Right::OrdersRead,
    Right::OrdersTechnical,
    Right::OrdersSupport,
    Right::OrdersHold,
    Right::OrdersComment,
    Right::DocumentsRead,
    Right::DocumentsWrite,
    Right::OrganisationRead,
    Right::TechniciansRead,
];
const HEAD: &[Right] = &[
    Right::OrdersRead,
    Right::OrdersRegister,
    Right::OrdersSales,
    Right::OrdersTechnical,
    Right::OrdersSupport,
    Right::OrdersAmend,
    Right::OrdersHold,
    Right::OrdersCancel,
    Right::OrdersAssign,
    Right::OrdersComment,
    Right::DocumentsRead,
    Right::DocumentsWrite,
    Right::OrganisationRead,
    Right::ScenariosRead,
    Right::EffectsRead,
    Right::EffectsManage,
    Right::IdentityDocuments,
    Right::TechniciansRead,
    Right::TechniciansWrite,
    Right::SlotsOverride,
    Right::SubscribersCode,
];
const AUDITOR: &[Right] = &[
    Right::OrdersRead,
    Right::DocumentsRead,
    Right::OrganisationRead,
    Right::ScenariosRead,
    Right::EffectsRead,
    Right::StaffRead,
    Right::AuditRead,
    Right::TechniciansRead,
];

/// Code, names, rights.
const BUILT_IN: &[(&str, &str, &str, &[Right])] = &[
    (ADMINISTRATOR, "Administrator", "Администратор", &[Right::Admin]),
    ("head-of-division", "Head of division", "Начальник подразделения", HEAD),
    ("operator", "Operator of the contact centre", "Оператор контактного центра", DESK),
    ("sales", "Sales", "Отдел продаж", SALES),
    ("technician", "Technician", "Техник", TECHNICIAN),
    ("auditor", "Auditor", "Аудитор", AUDITOR),
];

/// The roles that come with the product.
pub fn built_in() -> Vec<Role> {
    BUILT_IN
        .iter()
        .map(|(code, en, ru, rights)| Role {
            code: (*code).to_owned(),
            name: LocalText { en: (*en).to_owned(), ru: (*ru).to_owned() },
            rights: rights.to_vec(),
            built_in: true,
        })
        .collect()
}

/// The rights of a built-in role; None: it is none.
pub fn built_in_rights(code: &str) -> Option<&'static [Right]> {
    BUILT_IN.iter().find(|role| role.0 == code).map(|role| role.3)
}

impl Role {
    /// Reads an operator's own role. `{"code": …, "name": {"en": …, "ru": …}, "rights": […]}`
    pub fn read(document: &Value) -> Result<Role, Vec<Fault>> {
        let faults = Faults::default();
        let role = faults.document(document).and_then(|reader| {
            let code = reader.required_text("code", CODE_CHARACTERS_MAX);
            if code.as_deref().is_some_and(|code| built_in_rights(code).is_some()) {
                let message = "This role is part of the product; give yours another code.";
                reader.fault("code", "built-in", message);
            }
            let name = reader.object("name").and_then(|name| {
                let en = name.required_text("en", NAME_CHARACTERS_MAX);
                let ru = name.required_text("ru", NAME_CHARACTERS_MAX);
                name.finish();
                Some(LocalText { en: en?, ru: ru? })
            });
            if reader.value("name").is_none() {
                reader.required("name");
            }
            let rights = read_rights(&reader);
            reader.finish();
            Some(Role { code: code?, name: name?, rights: rights?, built_in: false })
        });
        match role {
            Some(role) if faults.is_empty() => Ok(role),
            _ => Err(faults.into_vec()),
        }
    }
}

/// The field `rights`: at least one of the known words.
pub fn read_rights(reader: &ObjectReader<'_>) -> Option<Vec<Right>> {
    let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    if reader.value("rights").is_none_or(is_empty) {
        reader.required("rights");
        return None;
    }
    read_words(reader, "rights", RIGHTS_MAX, Right::parse)
}

/// An array of words of a closed set; each that is not one is told. Absent: none.
pub fn read_words<T: PartialEq>(
    reader: &ObjectReader<'_>,
    name: &str,
    entries_max: usize,
    read: impl Fn(&str) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(value) = reader.value(name) else { return Some(Vec::new()) };
    let Some(entries) = value.as_array() else {
        reader.fault(name, "wrong-type", format!("{name} must be an array of words."));
        return None;
    };
    if entries.len() > entries_max {
        reader.fault(name, "too-many", format!("{name} may have at most {entries_max} entries."));
        return None;
    }
    let mut words = Vec::new();
    for entry in entries {
        match entry.as_str().and_then(&read) {
            Some(word) if words.contains(&word) => {}
            Some(word) => words.push(word),
            None => {
                let shown: String = entry.to_string().chars().take(CODE_CHARACTERS_MAX).collect();
                let message = format!("{shown} is none of the words for {name}.");
                reader.fault(name, "unknown-value", message);
            }
        }
    }
    Some(words)
}
