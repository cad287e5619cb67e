//! The calendars that one decision needs: those of the divisions within reach of the order.

use super::Calendar;
use crate::division::Neighbourhood;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// By which calendar each division of a neighbourhood works. A division that has none inherits that of the nearest
/// ancestor that has one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendars {
    /// None: round the clock.
    by_division: BTreeMap<String, Option<Arc<Calendar>>>,
    /// That of the division in the middle, for those that are out of reach.
    of_start: Option<Arc<Calendar>>,
}

impl Calendars {
    /// Everybody works round the clock.
    pub fn round_the_clock() -> &'static Calendars {
        static ROUND_THE_CLOCK: LazyLock<Calendars> = LazyLock::new(Calendars::default);
        &ROUND_THE_CLOCK
    }

    /// `given` are the calendars that divisions of the neighbourhood, and of those known with it, have of their own.
    pub fn around(neighbourhood: &Neighbourhood, given: Vec<(String, Calendar)>) -> Calendars {
        if given.is_empty() {
            return Calendars::default();
        }
        let own: BTreeMap<String, Arc<Calendar>> =
            given.into_iter().map(|(code, calendar)| (code, Arc::new(calendar))).collect();
        let mut by_division = BTreeMap::new();
        let of_start = inherit(neighbourhood, &own, &mut by_division);
        Calendars { by_division, of_start }
    }

    /// For divisions that these do not know, what those say.
    #[must_use]
    pub fn or(mut self, others: &Calendars) -> Calendars {
        for (code, calendar) in &others.by_division {
            self.by_division.entry(code.clone()).or_insert_with(|| calendar.clone());
        }
        self
    }

    /// By what a division works; one that is out of reach by what the covering division does.
    pub fn of(&self, division: &str) -> &Calendar {
        let found = self.by_division.get(division).unwrap_or(&self.of_start);
        found.as_deref().unwrap_or(Calendar::round_the_clock())
    }
}

/// Adds by what each division of a neighbourhood works; answers that of the division in the middle.
fn inherit(
    neighbourhood: &Neighbourhood,
    own: &BTreeMap<String, Arc<Calendar>>,
    by_division: &mut BTreeMap<String, Option<Arc<Calendar>>>,
) -> Option<Arc<Calendar>> {
    let (mut ancestors, children): (Vec<_>, Vec<_>) =
        neighbourhood.neighbours.iter().partition(|neighbour| neighbour.is_ancestor);
    ancestors.sort_by_key(|ancestor| -ancestor.distance);
    let mut by_distance = BTreeMap::new();
    let mut inherited = None;
    for ancestor in ancestors {
        inherited = own.get(&ancestor.code).cloned().or(inherited);
        by_division.insert(ancestor.code.clone(), inherited.clone());
        by_distance.insert(ancestor.distance, inherited.clone());
    }
    for child in children {
        let from_parent = || by_distance.get(&child.distance).cloned().flatten();
        let calendar = own.get(&child.code).cloned().or_else(from_parent);
        by_division.entry(child.code.clone()).or_insert(calendar);
    }
    for other in &neighbourhood.others {
        inherit(other, own, by_division);
    }
    by_distance.get(&0).cloned().flatten()
}
