//! Telephone numbers in international form (ITU-T E.164): `+`, a country code that does not start with 0, 8 to 15 digits.

/// Brings a number as people write it (`+998 (90) 123-45-67`, `00998901234567`) into E.164.
///
/// A number without a country code is refused: the product cannot know the country.
pub fn normalise(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    let trimmed = text.trim();
    let body = trimmed.strip_prefix('+').or_else(|| trimmed.strip_prefix("00"))?;
    for character in body.chars() {
        match character {
            '0'..='9' => digits.push(character),
            ' ' | '-' | '.' | '(' | ')' | '\u{a0}' | '\u{2011}' | '/' => {}
            _ => return None,
        }
    }
    let plausible = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
    plausible.then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn numbers_are_brought_into_e164_or_refused() {
        let cases = "
            +998901234567         +998901234567
            +998 (90) 123-45-67   +998901234567
            00998901234567        +998901234567
            +1.617.555.0100       +16175550100
            998901234567          -
            901234567             -
            +0998901234567        -
            +99890                -
            +9989012345671234     -
            +99890ABC4567         -
            +                     -
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (input, expected) = line.rsplit_once("  ").expect("two columns");
            let expected = Some(expected.trim()).filter(|text| *text != "-");
            assert_eq!(normalise(input.trim()).as_deref(), expected, "{input}");
        }
    }
}
