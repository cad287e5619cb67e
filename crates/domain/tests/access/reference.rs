//! What access answers equals a slow reference that walks the tree upwards from each order, whatever was granted and
//! whenever it is asked; what has ended permits nothing.

use crate::random::Random;
use oms_domain::access::{
    Actor, Divisions, Grant, Holder, OrderPlace, Period, Reach, division_paths,
};
use oms_domain::division::Division;
use oms_domain::order::OrderKind;
use oms_domain::rights::Right;
use oms_domain::role::built_in;
use oms_domain::time::Instant;

const CASES: u64 = 3_000;
/// Orders that are looked at with the grants of each case.
const QUESTIONS: u64 = 12;
const SEED: u64 = 20_261_126;
const NOW: Instant = Instant(1_795_510_800_000);
/// Milliseconds around now within which grants begin and end; so few that many do so at the very instant.
const AROUND_MS: u64 = 7;

/// Codes of which one is the beginning of another, or looks like the path to it.
const CODES: [&str; 12] =
    ["n", "no", "north", "n/o", "n%2Fo", "n%", "n0", "a", "a/n", "ан", "/", "north-tech"];

const RIGHTS: [Right; 6] = [
    Right::Admin,
    Right::OrdersRead,
    Right::OrdersCancel,
    Right::OrdersTechnical,
    Right::StaffWrite,
    Right::OrganisationRead,
];

/// Where a grant was given, by the place of the division in the tree.
#[derive(Debug, Clone, Copy)]
enum Target {
    Whole,
    Division(usize),
    Gone,
}

/// A grant in the words of the reference.
#[derive(Debug)]
struct Given {
    rights: Vec<Right>,
    target: Target,
    kinds: Vec<OrderKind>,
    periods: Vec<(Option<i64>, Option<i64>)>,
}

impl Given {
    fn drawn(random: &mut Random, divisions: usize) -> Given {
        let target = match random.below(6) {
            0 => Target::Whole,
            1 => Target::Gone,
            _ => Target::Division(random.below(divisions as u64) as usize),
        };
        let kinds = OrderKind::WORDS.iter().filter(|_| random.below(3) == 0);
        let kinds = kinds.map(|(_, kind)| *kind).collect();
        let mut bound = || (random.below(2) == 0).then(|| random.below(AROUND_MS) as i64 - 3);
        let periods = [(bound(), bound()), (bound(), bound())];
        let count = random.below(3) as usize;
        let rights = random.of(&built_in()).rights.clone();
        Given { rights, target, kinds, periods: periods[..count].to_vec() }
    }

    fn is_current(&self) -> bool {
        let within = |(from, until): &(Option<i64>, Option<i64>)| {
            !from.is_some_and(|from| from > 0) && !until.is_some_and(|until| until <= 0)
        };
        self.periods.iter().all(within)
    }

    fn gives(&self, right: Right) -> bool {
        self.rights.iter().any(|own| *own == right || *own == Right::Admin)
    }

    /// Step by step from the order's division to the root.
    fn reaches(&self, parents: &[Option<usize>], at: Option<usize>, kind: OrderKind) -> bool {
        if !self.kinds.is_empty() && !self.kinds.contains(&kind) {
            return false;
        }
        let division = match self.target {
            Target::Whole => return true,
            Target::Gone => return false,
            Target::Division(division) => division,
        };
        let mut here = at;
        while let Some(step) = here {
            if step == division {
                return true;
            }
            here = parents[step];
        }
        false
    }

    fn is_everywhere(&self) -> bool {
        matches!(self.target, Target::Whole) && self.kinds.is_empty()
    }

    fn to_grant(&self, paths: &[String]) -> Grant {
        let divisions = match self.target {
            Target::Whole => Divisions::Whole,
            Target::Gone => Divisions::Nowhere,
            Target::Division(division) => Divisions::Subtree(paths[division].clone()),
        };
        let at = |ms: Option<i64>| ms.map(|ms| NOW.plus_ms(ms));
        let period = |(from, until): &(Option<i64>, Option<i64>)| Period {
            from: at(*from),
            until: at(*until),
        };
        Grant {
            rights: self.rights.clone(),
            reach: Reach { divisions, kinds: self.kinds.clone() },
            periods: self.periods.iter().map(period).collect(),
        }
    }
}

fn actor<'a>(given: impl Iterator<Item = &'a Given>, paths: &[String]) -> Actor {
    let grants = given.map(|given| given.to_grant(paths)).collect();
    Actor::of(Holder { name: "karimov".to_owned(), grants }, NOW)
}

/// A tree of up to twelve divisions: who is whose parent, and the paths that the product makes of it.
fn tree(random: &mut Random) -> (Vec<Option<usize>>, Vec<String>) {
    let count = 1 + random.below(CODES.len() as u64) as usize;
    let mut parent = |place: usize| {
        let is_root = place == 0 || random.below(9) == 0;
        (!is_root).then(|| random.below(place as u64) as usize)
    };
    let parents: Vec<Option<usize>> = (0..count).map(&mut parent).collect();
    let divisions: Vec<Division> = (0..count)
        .map(|place| Division {
            code: CODES[place].to_owned(),
            parent_code: parents[place].map(|parent| CODES[parent].to_owned()),
            name: CODES[place].to_owned(),
            kind: "branch".to_owned(),
            timezone: "UTC".to_owned(),
            email: None,
            head: None,
        })
        .collect();
    (parents, division_paths(&divisions))
}

#[test]
fn what_access_answers_is_what_a_walk_through_the_tree_finds() {
    let mut random = Random::seeded(SEED);
    let (mut allowed, mut refused, mut ended) = (0, 0, 0);
    for case in 0..CASES {
        let (parents, paths) = tree(&mut random);
        let count = random.below(4) as usize;
        let given: Vec<Given> =
            (0..count).map(|_| Given::drawn(&mut random, parents.len())).collect();
        let found = actor(given.iter(), &paths);
        for past in given.iter().filter(|given| !given.is_current()) {
            let past = actor([past].into_iter(), &paths);
            assert!(!Right::ALL.iter().any(|right| past.may(*right)), "{case}: {given:#?}");
            ended += 1;
        }
        let current: Vec<&Given> = given.iter().filter(|given| given.is_current()).collect();
        let known = |given: &&&Given| !matches!(given.target, Target::Gone);
        for _ in 0..QUESTIONS {
            let at = (random.below(8) > 0).then(|| random.below(parents.len() as u64) as usize);
            let kind = random.of(OrderKind::WORDS).1;
            let place = OrderPlace { division_path: at.map(|at| paths[at].clone()), kind };
            let right = *random.of(&RIGHTS);
            let giving = || current.iter().filter(known).filter(move |given| given.gives(right));
            let there = giving().any(|given| given.reaches(&parents, at, kind));
            let told = || format!("case {case}: {right:?} at {place:?} by {given:#?}");
            assert_eq!(found.may(right), giving().next().is_some(), "{}", told());
            assert_eq!(found.may_on(right, &place), there, "{}", told());
            assert_eq!(found.at(&place).may(right), there, "{}", told());
            let everywhere = giving().any(|given| given.is_everywhere());
            assert_eq!(found.may_everywhere(right), everywhere, "{}", told());
            let listed = found.reach_of(right);
            let listed = listed.is_none_or(|all| all.iter().any(|reach| reach.holds(&place)));
            assert_eq!(listed, there, "{}", told());
            let reads = |given: &&&Given| given.gives(Right::OrdersRead);
            let mut seen = current.iter().filter(known);
            let sees = match current.iter().filter(known).any(|given| reads(&given)) {
                true => seen.any(|given| reads(&given) && given.reaches(&parents, at, kind)),
                // Whoever may nothing at all sees nothing.
                false => seen.any(|given| given.reaches(&parents, at, kind)),
            };
            assert_eq!(found.sees(&place), sees, "{}", told());
            match there {
                true => allowed += 1,
                false => refused += 1,
            }
        }
    }
    let asked = CASES * QUESTIONS;
    assert!(allowed > asked / 40 && refused > asked / 2, "{allowed} and {refused}");
    assert!(ended > CASES / 3, "{ended} grants had ended or not begun");
}
