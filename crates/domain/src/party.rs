//! The party that an order is for: a person or a legal entity.

use crate::input::ObjectReader;
use crate::limits::{CODE_CHARACTERS_MAX, NAME_CHARACTERS_MAX};
use serde::{Deserialize, Serialize};

/// What kind of party: scenarios and documents differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PartyType {
    Individual,
    LegalEntity,
}

impl PartyType {
    pub const WORDS: &[(&str, PartyType)] =
        &[("individual", PartyType::Individual), ("legalEntity", PartyType::LegalEntity)];

    pub fn code(self) -> &'static str {
        match self {
            PartyType::Individual => "individual",
            PartyType::LegalEntity => "legalEntity",
        }
    }
}

/// The language in which the party is spoken and written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub enum Language {
    #[default]
    En,
    Ru,
}

impl Language {
    pub const WORDS: &[(&str, Language)] = &[("en", Language::En), ("ru", Language::Ru)];

    pub fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Ru => "ru",
        }
    }

    /// The language that somebody prefers, by their `Accept-Language`; English when it names neither.
    pub fn preferred(accept_language: &str) -> Language {
        let tags = accept_language.split(',').map(|part| part.trim().to_ascii_lowercase());
        for tag in tags {
            match tag.get(..2) {
                Some("ru") => return Language::Ru,
                Some("en") => return Language::En,
                _ => {}
            }
        }
        Language::En
    }
}

/// A party as the order keeps it. Which fields may be set depends on the type; registration sees to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    #[serde(rename = "type")]
    pub party_type: PartyType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_document: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<Representative>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank: Option<Bank>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default)]
    pub language: Language,
}

/// Who signs for a legal entity, and by what right (charter, power of attorney).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Representative {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
}

/// Where a legal entity pays from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bank {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Party {
    /// The name as documents and lists show it.
    pub fn display_name(&self) -> String {
        let parts = [&self.name, &self.family_name, &self.given_name, &self.middle_name];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// What tells one party from another when orders are compared: the tax number, else the phone, else the name.
    pub fn identity_key(&self) -> String {
        let key = self
            .tax_id
            .clone()
            .or_else(|| self.phone.clone())
            .unwrap_or_else(|| self.display_name());
        key.to_lowercase()
    }

    /// Reads and checks a party; faults go to the reader.
    pub fn read(reader: &ObjectReader<'_>) -> Option<Party> {
        let party_type = reader.required_choice("type", PartyType::WORDS);
        let name = |field: &str| reader.text(field, NAME_CHARACTERS_MAX);
        let required_name = |field: &str| reader.required_text(field, NAME_CHARACTERS_MAX);
        let code = |field: &str| reader.text(field, CODE_CHARACTERS_MAX);
        let individual = party_type == Some(PartyType::Individual);
        let entity = party_type == Some(PartyType::LegalEntity);
        let party = Party {
            party_type: party_type.unwrap_or(PartyType::Individual),
            family_name: if individual { required_name("familyName") } else { None },
            given_name: if individual { name("givenName") } else { None },
            middle_name: if individual { name("middleName") } else { None },
            identity_document: if individual { name("identityDocument") } else { None },
            name: if entity { required_name("name") } else { None },
            tax_id: if entity { reader.required_text("taxId", CODE_CHARACTERS_MAX) } else { None },
            registration_number: if entity { code("registrationNumber") } else { None },
            representative: if entity { read_representative(reader) } else { None },
            bank: if entity { read_bank(reader) } else { None },
            phone: read_phone(reader, "phone", true),
            email: read_email(reader),
            language: reader.choice("language", Language::WORDS).unwrap_or_default(),
        };
        if party_type.is_some() {
            reader.finish();
        }
        party_type.map(|_| party)
    }
}

fn read_representative(reader: &ObjectReader<'_>) -> Option<Representative> {
    let reader = reader.object("representative")?;
    let name = reader.required_text("name", NAME_CHARACTERS_MAX);
    let position = reader.text("position", NAME_CHARACTERS_MAX);
    let basis = reader.text("basis", NAME_CHARACTERS_MAX);
    reader.finish();
    Some(Representative { name: name?, position, basis })
}

fn read_bank(reader: &ObjectReader<'_>) -> Option<Bank> {
    let reader = reader.object("bank")?;
    let name = reader.required_text("name", NAME_CHARACTERS_MAX);
    let account = reader.text("account", CODE_CHARACTERS_MAX);
    let code = reader.text("code", CODE_CHARACTERS_MAX);
    reader.finish();
    Some(Bank { name: name?, account, code })
}

/// Reads a telephone number into E.164.
pub fn read_phone(reader: &ObjectReader<'_>, name: &str, required: bool) -> Option<String> {
    let text = match required {
        true => reader.required_text(name, CODE_CHARACTERS_MAX)?,
        false => reader.text(name, CODE_CHARACTERS_MAX)?,
    };
    let phone = crate::phone::normalise(&text);
    if phone.is_none() {
        reader.fault(
            name,
            "invalid-phone",
            format!("{name} must be an international number such as +998901234567."),
        );
    }
    phone
}

/// An e-mail address (RFC 5321). A host without a dot is legal there and a typing error in life.
pub fn is_email(text: &str) -> bool {
    let options = email_address::Options::default()
        .without_display_text()
        .without_domain_literal()
        .with_required_tld();
    email_address::EmailAddress::parse_with_options(text, options).is_ok()
}

/// Reads an e-mail address.
pub fn read_email(reader: &ObjectReader<'_>) -> Option<String> {
    let text = reader.text("email", NAME_CHARACTERS_MAX)?;
    if is_email(&text) {
        return Some(text);
    }
    reader.fault(
        "email",
        "invalid-email",
        "email must be an address such as a.karimov@example.org.",
    );
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_language_is_taken() {
        let cases = [
            ("ru-RU,ru;q=0.9,en;q=0.8", Language::Ru),
            ("de,en", Language::En),
            ("", Language::En),
            ("uz, ru", Language::Ru),
        ];
        for (header, expected) in cases {
            assert_eq!(Language::preferred(header), expected, "{header}");
        }
    }
}
