//! Streets: `ул. Амира Темура`, `Амира  Темура улица` and `Амира Темура` are one street; `5th Avenue` and `5th Street`
//! are two.

use super::normalise::text;

/// A street as rules compare it: its name, and what kind of street it is said to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Street {
    pub name: String,
    /// None: the text does not say.
    pub kind: Option<StreetKind>,
}

/// Kinds of streets. Their order is the order in which an address that names none is taken to mean one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreetKind {
    Street,
    Avenue,
    Boulevard,
    Road,
    Highway,
    Square,
    Embankment,
    Lane,
    Passage,
    DeadEnd,
    Alley,
    Quarter,
    Line,
    Drive,
    Court,
    Place,
    Terrace,
    Circle,
    Parkway,
    Way,
}

/// What each kind is called in English, Russian and Uzbek, apostrophes and dots left out. The longest is found first.
const KINDS: [(StreetKind, &str); 20] = [
    (StreetKind::Street, "street st str улица ул ул-ца kochasi kocha koch кўчаси кучаси"),
    (
        StreetKind::Avenue,
        "avenue ave av проспект пр-т пр-кт просп пр prospekt prospekti shoh_kochasi шоҳ_кўчаси",
    ),
    (StreetKind::Boulevard, "boulevard blvd бульвар б-р бул bulvar bulvari хиёбони xiyoboni"),
    (StreetKind::Road, "road rd дорога дор yoli йўли"),
    (StreetKind::Highway, "highway hwy шоссе ш ш-се shosse shossesi тракт"),
    (StreetKind::Square, "square sq площадь пл пл-дь maydoni maydon майдони"),
    (StreetKind::Embankment, "embankment emb набережная наб наб-я"),
    (StreetKind::Lane, "lane ln переулок пер пер-к tor_kochasi тор_кўчаси"),
    (StreetKind::Passage, "passage проезд пр-д прз proezd proyezd"),
    (StreetKind::DeadEnd, "тупик туп berk_kochasi берк_кўчаси"),
    (StreetKind::Alley, "alley аллея ал"),
    (
        StreetKind::Quarter,
        "quarter квартал кв-л микрорайон мкр мкрн м-н mavzesi mavze massivi massiv",
    ),
    (StreetKind::Line, "линия"),
    (StreetKind::Drive, "drive dr"),
    (StreetKind::Court, "court ct"),
    (StreetKind::Place, "place pl"),
    (StreetKind::Terrace, "terrace ter"),
    (StreetKind::Circle, "circle cir"),
    (StreetKind::Parkway, "parkway pkwy"),
    (StreetKind::Way, "way"),
];

/// Words that are written short as often as long.
const SHORT_WORDS: [(&str, &str); 22] = [
    ("north", "n"),
    ("south", "s"),
    ("east", "e"),
    ("west", "w"),
    ("northeast", "ne"),
    ("northwest", "nw"),
    ("southeast", "se"),
    ("southwest", "sw"),
    ("saint", "st"),
    ("doctor", "dr"),
    ("mount", "mt"),
    ("fort", "ft"),
    ("and", "&"),
    ("академика", "акад"),
    ("генерала", "ген"),
    ("профессора", "проф"),
    ("маршала", "марш"),
    ("адмирала", "адм"),
    ("лейтенанта", "лейт"),
    ("космонавта", "косм"),
    ("братьев", "бр"),
    ("святого", "св"),
];

/// Endings that make a number an ordinal.
const ORDINAL_ENDINGS: [&str; 20] = [
    "st", "nd", "rd", "th", "я", "ая", "й", "ый", "ий", "ой", "е", "ое", "ье", "го", "ого", "ья",
    "chi", "nchi", "inchi", "чи",
];
/// Ordinals as words, by their number from 1 on.
const ORDINAL_WORDS: [&[&str]; 12] = [
    &["first", "первая", "первый", "первое"],
    &["second", "вторая", "второй", "второе"],
    &["third", "третья", "третий", "третье"],
    &["fourth", "четвертая", "четвертый"],
    &["fifth", "пятая", "пятый"],
    &["sixth", "шестая", "шестой"],
    &["seventh", "седьмая", "седьмой"],
    &["eighth", "восьмая", "восьмой"],
    &["ninth", "девятая", "девятый"],
    &["tenth", "десятая", "десятый"],
    &["eleventh", "одиннадцатая"],
    &["twelfth", "двенадцатая"],
];

/// A word of a name; an ordinal is its number alone and may stand at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    text: String,
    is_ordinal: bool,
}

impl Street {
    pub fn parse(name: &str) -> Street {
        let mut words = words(name);
        let kind = take_kind(&mut words);
        shorten(&mut words);
        if words.len() > 1 && words.last().is_some_and(|word| word.is_ordinal) {
            words.rotate_right(1);
        }
        let name = words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        Street { name, kind }
    }

    /// The same street, as far as both say.
    pub fn is_same(&self, other: &Street) -> bool {
        let kinds_agree = match (self.kind, other.kind) {
            (Some(kind), Some(other)) => kind == other,
            _ => true,
        };
        kinds_agree && self.name == other.name
    }
}

fn words(name: &str) -> Vec<Word> {
    let plain: String = text(name)
        .chars()
        .filter(|c| !is_apostrophe(*c))
        .map(|c| match c {
            '–' | '—' | '‑' => '-',
            c if c.is_alphanumeric() || c == '-' || c == '&' => c,
            // A combining mark belongs to its letter; whatever else is there only separates.
            '\u{300}'..='\u{36f}' => c,
            _ => ' ',
        })
        .collect();
    let parts: Vec<&str> = plain.split(' ').filter(|part| !part.is_empty()).collect();
    let mut words: Vec<Word> = Vec::new();
    for part in &parts {
        match () {
            () if kind_of(part).is_some() => words.push(plain_word(part)),
            () if ordinal(part).is_some() => {
                let text = ordinal(part).unwrap_or_default();
                words.push(Word { text, is_ordinal: true });
            }
            () => {
                words.extend(part.split('-').filter(|piece| !piece.is_empty()).map(plain_word));
            }
        }
    }
    // `имени` says nothing: `ул. им. Пушкина` is `ул. Пушкина`.
    if words.len() > 1 {
        words.retain(|word| !matches!(word.text.as_str(), "им" | "имени" | "nomli" | "nomidagi"));
    }
    words
}

/// Words of which one form is as good as the other, in the short one. A name of one word stays as it is: `North Street`
/// is not `N Street`.
fn shorten(words: &mut [Word]) {
    if words.len() < 2 {
        return;
    }
    for word in words {
        if let Some((_, short)) = SHORT_WORDS.iter().find(|(long, _)| *long == word.text) {
            word.text = (*short).to_owned();
        }
    }
}

fn plain_word(text: &str) -> Word {
    Word { text: text.to_owned(), is_ordinal: false }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '´' | 'ʻ' | 'ʼ' | '‘' | '’' | '′')
}

/// The number of an ordinal: 1 of `1st`, `1-я`, `1-ая`, `first`, `первая`.
fn ordinal(word: &str) -> Option<String> {
    if let Some(position) = ORDINAL_WORDS.iter().position(|forms| forms.contains(&word)) {
        return Some((position + 1).to_string());
    }
    let end = word.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0)?;
    let (digits, ending) = word.split_at(end);
    ORDINAL_ENDINGS.contains(&ending.trim_start_matches('-')).then(|| digits.to_owned())
}

/// The kind that a word, or two words joined by `_`, stand for.
fn kind_of(word: &str) -> Option<StreetKind> {
    let found = KINDS.iter().find(|(_, names)| names.split(' ').any(|name| name == word));
    found.map(|(kind, _)| *kind)
}

/// Takes the words that say the kind away: at the end, in front, or behind an ordinal in front; never the whole name.
fn take_kind(words: &mut Vec<Word>) -> Option<StreetKind> {
    let kind_at = |words: &[Word], at: usize| {
        let word = words.get(at).filter(|word| !word.is_ordinal)?;
        kind_of(&word.text)
    };
    let count = words.len();
    if count > 2 {
        let pair = format!("{}_{}", words[count - 2].text, words[count - 1].text);
        if let Some(kind) = kind_of(&pair) {
            words.truncate(count - 2);
            return Some(kind);
        }
    }
    if count < 2 {
        return None;
    }
    // `Park Avenue South`
    if count > 2
        && is_direction(&words[count - 1].text)
        && let Some(kind) = kind_at(words, count - 2)
    {
        words.remove(count - 2);
        return Some(kind);
    }
    let first = if words[0].is_ordinal && count > 2 { 1 } else { 0 };
    let front = kind_at(words, first).filter(|_| !is_title(&words[first].text));
    let back = kind_at(words, count - 1);
    let (at, kind) = match (front, back) {
        // Of `улица Набережная` and `Набережная улица` the plainer word is the kind, the other the name.
        (Some(front), Some(StreetKind::Street)) if front != StreetKind::Street => {
            (count - 1, StreetKind::Street)
        }
        // A kind stands in front in Russian and behind in English.
        (Some(_), Some(back)) if is_latin(&words[count - 1].text) => (count - 1, back),
        (Some(front), _) => (first, front),
        (None, Some(back)) => (count - 1, back),
        (None, None) => return None,
    };
    words.remove(at);
    Some(kind)
}

/// In front of a name these are a saint, a doctor, a mountain: English kinds stand behind.
fn is_title(word: &str) -> bool {
    matches!(word, "st" | "dr" | "ct" | "av" | "pl" | "ter" | "court" | "place" | "way" | "circle")
}

fn is_direction(word: &str) -> bool {
    matches!(word, "north" | "south" | "east" | "west" | "n" | "s" | "e" | "w")
}

fn is_latin(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii())
}
