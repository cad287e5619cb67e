//! Quick search: what an order is found by, and how a question is read.
//!
//! Both sides are brought into one form: lower case, ё as е, words; telephone and order numbers also as bare digits, so
//! that `+998 (90) 123-45-67` finds `998901234567`.

use crate::order::Order;
use crate::routing::normalise;

/// Everything that a person may remember of an order, as one text.
pub fn search_text(order: &Order) -> String {
    let mut parts: Vec<String> =
        vec![order.number.clone(), digits(&order.number), order.address.line()];
    parts.extend(order.external_id.clone());
    parts.extend(order.line_phone.as_deref().map(digits));
    if let Some(party) = &order.party {
        parts.push(party.display_name());
        parts.extend(party.phone.as_deref().map(digits));
        parts.extend(party.email.clone());
        parts.extend(party.tax_id.clone());
        parts.extend(party.registration_number.clone());
        parts.extend(
            party.representative.as_ref().map(|representative| representative.name.clone()),
        );
    }
    parts.extend(order.symptom.clone());
    normalise::text(&parts.join(" ").replace(',', " "))
}

/// The words that must all be found. A question of digits and separators alone is one number.
pub fn search_terms(question: &str) -> Vec<String> {
    let is_number = question.chars().any(|c| c.is_ascii_digit())
        && question.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c));
    if is_number {
        return vec![digits(question)];
    }
    let plain = normalise::text(&question.replace(',', " "));
    let mut terms: Vec<String> =
        plain.split(' ').filter(|term| !term.is_empty()).map(str::to_owned).collect();
    terms.sort();
    terms.dedup();
    terms
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::search_terms;

    #[test]
    fn questions_are_read_as_words_or_as_one_number() {
        let cases = [
            ("+998 (90) 123-45-67", vec!["998901234567"]),
            ("261124-4801-9372", vec!["26112448019372"]),
            ("Karimov  Anvar", vec!["anvar", "karimov"]),
            ("Зелёная, 12", vec!["12", "зеленая"]),
            ("crm-77", vec!["crm-77"]),
            ("  ", vec![]),
        ];
        for (question, expected) in cases {
            assert_eq!(search_terms(question), expected, "{question}");
        }
    }
}
