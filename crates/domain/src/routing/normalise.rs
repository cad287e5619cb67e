//! Bringing addresses into one form, so that `ул. Амира  Темура` and `Амира Темура улица` are one street.

use crate::address::Address;

/// Words that say what kind of street it is. They don't tell streets of one city apart in rules and are left out.
const STREET_TYPES: [&str; 36] = [
    "street",
    "st",
    "avenue",
    "ave",
    "av",
    "road",
    "rd",
    "lane",
    "ln",
    "boulevard",
    "blvd",
    "drive",
    "dr",
    "court",
    "ct",
    "square",
    "sq",
    "улица",
    "ул",
    "проспект",
    "пр-т",
    "просп",
    "пр",
    "переулок",
    "пер",
    "бульвар",
    "бул",
    "площадь",
    "пл",
    "шоссе",
    "ш",
    "проезд",
    "набережная",
    "наб",
    "ko'chasi",
    "kochasi",
];

/// Lower case, trimmed, inner blanks folded, ё as е.
pub fn text(text: &str) -> String {
    let lower = text.to_lowercase().replace('ё', "е");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A street without its type: the type words are dropped at both ends, never all of the name.
pub fn street(name: &str) -> String {
    let plain = text(name).replace(['ʻ', '‘', '’', '`'], "'");
    let words: Vec<&str> = plain.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let is_type = |word: &str| STREET_TYPES.contains(&word.trim_end_matches('.'));
    let mut from = 0;
    let mut to = words.len();
    if to - from > 1 && is_type(words[to - 1]) {
        to -= 1;
    }
    if to - from > 1 && is_type(words[from]) && !is_saint(&words[from..to]) {
        from += 1;
    }
    words[from..to].join(" ")
}

/// `St. Mary` is a saint, `St Main` is not written: an English street type stands behind the name.
fn is_saint(words: &[&str]) -> bool {
    matches!(words.first().map(|word| word.trim_end_matches('.')), Some("st" | "dr" | "ct" | "av"))
}

/// The number of a house, without letters or fractions: 12 of `12A`, `12/3` and `12 корп. 2`.
pub fn house_number(house: &str) -> Option<u32> {
    let digits: String = house.trim().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// A postcode as rules compare it: upper case, without blanks and dashes.
pub fn postcode(code: &str) -> String {
    code.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Only the digits of a telephone number or prefix.
pub fn phone_digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// An address in the form in which rules see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    pub country: String,
    pub region: String,
    pub city: String,
    pub street: String,
    pub house: Option<u32>,
    pub house_text: String,
    pub flat: String,
    pub postcode: String,
    pub phone: String,
}

impl Place {
    pub fn of(address: &Address) -> Place {
        let plain = |part: &Option<String>| part.as_deref().map(text).unwrap_or_default();
        Place {
            country: text(&address.country),
            region: plain(&address.region),
            city: plain(&address.city),
            street: address.street.as_deref().map(street).unwrap_or_default(),
            house: address.house.as_deref().and_then(house_number),
            house_text: plain(&address.house).replace(' ', ""),
            flat: plain(&address.flat),
            postcode: address.postcode.as_deref().map(postcode).unwrap_or_default(),
            phone: String::new(),
        }
    }

    #[must_use]
    pub fn with_phone(mut self, phone: Option<&str>) -> Place {
        self.phone = phone.map(phone_digits).unwrap_or_default();
        self
    }

    /// One text for one door.
    pub fn key(&self) -> String {
        [&self.country, &self.region, &self.city, &self.street, &self.house_text, &self.flat]
            .map(String::as_str)
            .join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streets_are_compared_without_their_type() {
        let cases = "
            Amir Temur street        | amir temur
            Amir  Temur st.          | amir temur
            ул. Амира Темура         | амира темура
            Амира Темура улица       | амира темура
            Зелёная ул.              | зеленая
            проспект Мира            | мира
            Main St                  | main
            St. Mary Street          | st. mary
            улица                    | улица
            Amir Temur ko‘chasi      | amir temur
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (input, expected) = line.split_once('|').expect("two columns");
            assert_eq!(street(input), expected.trim(), "{input}");
        }
    }

    #[test]
    fn houses_have_a_number() {
        for (house, expected) in
            [("12", Some(12)), ("12A", Some(12)), ("12/3", Some(12)), ("A", None), ("", None)]
        {
            assert_eq!(house_number(house), expected, "{house}");
        }
    }
}
