//! Houses: `12`, `12A`, `12/3`, `12 корп. 2`, `12к2 стр. 1`, `12-1` in one form.
//!
//! A house has a number, perhaps a letter, and perhaps a part: the number on the crossing street, a block (корпус), a
//! structure (строение). Ranges and parity compare the number; a rule for one house compares all of it.

use std::fmt;

/// A house in the form in which rules compare it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct House {
    pub number: u32,
    /// Lower case, empty without. Letters that look alike in Cyrillic and Latin are one letter.
    pub letter: String,
    /// `/3`, `k2`, `s1`, or several of them; empty without.
    pub part: String,
}

/// Words in front of a number that say no more than "house".
const HOUSE_WORDS: [&str; 10] =
    ["дом", "д", "house", "no", "number", "uy", "уй", "вл", "владение", "n"];
/// Words for a block beside the house of the same number.
const BLOCK_WORDS: [&str; 9] =
    ["корпус", "корп", "кор", "к", "block", "blk", "bldg", "building", "korpus"];
/// Words for a structure behind the house of the same number.
const STRUCTURE_WORDS: [&str; 5] = ["строение", "строен", "стр", "с", "сооружение"];
/// Words after which the letter of the house stands.
const LETTER_WORDS: [&str; 4] = ["литера", "литер", "лит", "letter"];
/// Words with which the flat begins: the house ends there.
const FLAT_WORDS: [&str; 11] = [
    "кв",
    "квартира",
    "оф",
    "офис",
    "flat",
    "apt",
    "apartment",
    "unit",
    "suite",
    "xonadon",
    "хона",
];

/// A run of digits, of letters, or one separator.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Digits(String),
    Letters(String),
    Slash,
    Blank,
}

impl House {
    /// Reads a house as people write it. None: there is no number in front that a range could hold.
    pub fn parse(text: &str) -> Option<House> {
        let tokens = tokens(text);
        let mut rest = tokens.as_slice();
        loop {
            match rest {
                [Token::Blank | Token::Slash, tail @ ..] => rest = tail,
                [Token::Letters(word), tail @ ..] if HOUSE_WORDS.contains(&word.as_str()) => {
                    rest = tail;
                }
                _ => break,
            }
        }
        let [Token::Digits(number), tail @ ..] = rest else { return None };
        let mut house = House { number: number.parse().ok()?, ..House::default() };
        house.read_rest(tail);
        Some(house)
    }

    fn read_rest(&mut self, mut rest: &[Token]) {
        let is = |words: &[&str], word: &String| words.contains(&word.as_str());
        while let [first, tail @ ..] = rest {
            rest = tail;
            let next = tail.iter().find(|token| **token != Token::Blank);
            let names = |next: Option<&Token>| match next {
                Some(Token::Digits(digits)) => Some(digits.clone()),
                Some(Token::Letters(letters)) if letters.chars().count() == 1 => {
                    Some(folded(letters))
                }
                _ => None,
            };
            match first {
                Token::Letters(word) if is(&FLAT_WORDS, word) => return,
                Token::Letters(word) if is(&HOUSE_WORDS, word) && word.chars().count() > 1 => {}
                Token::Letters(word) if is(&BLOCK_WORDS, word) || is(&STRUCTURE_WORDS, word) => {
                    let mark = if is(&BLOCK_WORDS, word) { 'k' } else { 's' };
                    match names(next) {
                        Some(name) => {
                            self.part.push_str(&format!("{mark}{name}"));
                            rest = after(tail, next);
                        }
                        // Nothing follows: `12к` and `12с` are letters.
                        None => self.add_letter(word),
                    }
                }
                Token::Letters(word) if is(&LETTER_WORDS, word) => {}
                Token::Letters(word) => self.add_letter(word),
                Token::Slash => {
                    if let Some(Token::Digits(digits)) = next {
                        self.part.push_str(&format!("/{digits}"));
                        rest = after(tail, next);
                    }
                }
                // `12 1/2`, as houses between two others are numbered.
                Token::Digits(digits) => self.part.push_str(&format!("/{digits}")),
                Token::Blank => {}
            }
        }
    }

    fn add_letter(&mut self, word: &str) {
        let letter = folded(word);
        match self.letter.is_empty() && self.part.is_empty() {
            true => self.letter = letter,
            false => self.part.push_str(&letter),
        }
    }
}

impl fmt::Display for House {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}{}", self.number, self.letter, self.part)
    }
}

/// What follows a token that was found in `tail`.
fn after<'a>(tail: &'a [Token], found: Option<&Token>) -> &'a [Token] {
    let position = tail.iter().position(|token| Some(token) == found);
    position.map_or(tail, |position| &tail[position + 1..])
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for character in text.to_lowercase().chars() {
        match (character, tokens.last_mut()) {
            (c, Some(Token::Digits(digits))) if c.is_ascii_digit() => digits.push(c),
            (c, _) if c.is_ascii_digit() => tokens.push(Token::Digits(c.to_string())),
            (c, Some(Token::Letters(letters))) if c.is_alphabetic() => letters.push(c),
            (c, _) if c.is_alphabetic() => tokens.push(Token::Letters(c.to_string())),
            ('/' | '\\' | '-' | '–' | '—' | '‑', _) => tokens.push(Token::Slash),
            (_, Some(Token::Blank)) => {}
            _ => tokens.push(Token::Blank),
        }
    }
    tokens
}

/// Cyrillic letters that look like a Latin one, as that one: whoever copies `12А` from a plate types either.
fn folded(letters: &str) -> String {
    let fold = |c: char| match c {
        'а' => 'a',
        'в' => 'b',
        'е' | 'ё' => 'e',
        'к' => 'k',
        'м' => 'm',
        'н' => 'h',
        'о' => 'o',
        'р' => 'p',
        'с' => 'c',
        'т' => 't',
        'у' => 'y',
        'х' => 'x',
        other => other,
    };
    letters.chars().map(fold).collect()
}
