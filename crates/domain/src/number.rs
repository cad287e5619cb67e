//! Order numbers: what people say on the phone.
//!
//! `YYMMDD-NNNN-NNNC`: the day of registration in UTC, seven random digits, and a Luhn check digit over all thirteen
//! (ISO/IEC 7812-1, annex B), so that a mistyped number is told from an unknown one. Drawn at random, not counted: no
//! writer waits for another's counter, and a number tells nobody how many orders the operator has.

use crate::time::Instant;

/// An order number for a day, from random digits that the caller supplies.
pub fn order_number(registered_at: Instant, entropy: u64) -> String {
    let day = registered_at.date().format("%y%m%d").to_string();
    let serial = format!("{:07}", entropy % 10_000_000);
    let check = luhn_check_digit(&format!("{day}{serial}"));
    format!("{day}-{}-{}{check}", &serial[..4], &serial[4..])
}

/// Brings a typed number into its form (`26112448019372` and `261124-4801-9372` are one). None: not an order number,
/// or a digit is wrong.
pub fn parse_order_number(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let check = luhn_check_digit(&digits[..13]);
    digits
        .ends_with(&check.to_string())
        .then(|| format!("{}-{}-{}", &digits[..6], &digits[6..10], &digits[10..]))
}

fn luhn_check_digit(digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(position, byte)| {
            let digit = u32::from(byte - b'0');
            match position % 2 {
                0 if digit > 4 => digit * 2 - 9,
                0 => digit * 2,
                _ => digit,
            }
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_back_and_every_single_wrong_digit_is_noticed() {
        let day = Instant::parse("2026-11-24T10:00:00Z").expect("a time");
        let number = order_number(day, 4_801_937);
        assert!(number.starts_with("261124-4801-937"), "{number}");
        assert_eq!(parse_order_number(&number), Some(number.clone()));
        assert_eq!(parse_order_number(&number.replace('-', "")), Some(number.clone()));
        for position in 0..number.len() {
            let old = number.as_bytes()[position];
            if old == b'-' {
                continue;
            }
            let wrong = (old - b'0' + 1) % 10 + b'0';
            let mut text = number.clone();
            text.replace_range(position..=position, &char::from(wrong).to_string());
            assert_eq!(parse_order_number(&text), None, "{text}");
        }
    }
}
