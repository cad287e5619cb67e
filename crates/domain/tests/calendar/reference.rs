//! Counting equals a slow reference that looks at every minute of the wall clock.

use crate::minutes::Minutes;
use crate::random::Random;

/// Days that are looked at around each change of the clock.
const DAYS: i64 = 44;
const CASES: usize = 10_000;
const SEED: u64 = 20_261_124;

/// Zones and a day near a change of their clock: north, south at midnight, south by half an hour, and one that is half
/// an hour beside the others and never changes.
const PLACES: [(&str, &str); 8] = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/Santiago", "2026-04-05"),
    ("America/Santiago", "2026-09-06"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/New_York", "2026-11-01"),
    ("Asia/Kolkata", "2026-06-15"),
];

#[test]
fn counting_equals_a_minute_by_minute_reference_in_ten_thousand_random_cases() {
    let mut random = Random::seeded(SEED);
    let cases: Vec<Minutes> = (0..24)
        .map(|index| {
            let (zone, day) = PLACES[index % PLACES.len()];
            Minutes::drawn(zone, day, DAYS, &mut random)
        })
        .collect();
    let (mut counted, mut compared) = (0, [0; 4]);
    while counted < CASES {
        let case = random.of(&cases);
        let length = case.minutes.len() as i64;
        let mut minute = || random.below(length as u64) as i64;
        let (a, b) = (minute(), minute());
        let (from, to) = (a.min(b), a.max(b));
        let Minutes { calendar, .. } = case;
        let told = || format!("{calendar:?} from {} to {}", case.instant(from), case.instant(to));
        let between = case.between(from, to);
        let (begin, end) = (case.instant(from), case.instant(to));
        assert_eq!(calendar.working_minutes_between(begin, end), between, "{}", told());
        assert_eq!(calendar.working_minutes_between(end, begin), -between, "{}", told());
        assert_eq!(calendar.is_working(begin), case.minutes[from as usize], "{}", told());
        compared[0] += 1;
        let count = random.below(3_000) as i64;
        if let Some(expected) = case.plus(from, count) {
            let found = calendar.plus_working_minutes(begin, count);
            assert_eq!(found, case.instant(expected), "plus {count}: {}", told());
            compared[1] += 1;
        }
        if let Some(expected) = case.minus(to, count) {
            let found = calendar.plus_working_minutes(end, -count);
            assert_eq!(found, case.instant(expected), "minus {count}: {}", told());
            compared[2] += 1;
        }
        let next = (from..length).find(|minute| case.minutes[*minute as usize]);
        if let Some(next) = next {
            assert_eq!(calendar.next_working_instant(begin), case.instant(next), "{}", told());
            compared[3] += 1;
        }
        counted += 1;
    }
    assert!(compared.iter().all(|count| *count > CASES / 2), "{compared:?}");
}
