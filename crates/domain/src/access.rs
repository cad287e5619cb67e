//! Who may do what, and where: grants of roles, resolved to rights with a reach.
//!
//! A grant gives the rights of a role over a part of the organisation tree (or all of it), for some kinds of orders (or
//! all), until a date (or for good). An order is looked at where it stands: at the division that has it.

use crate::division::Division;
use crate::limits::DIVISION_DEPTH_MAX;
use crate::order::OrderKind;
use crate::rights::Right;
use crate::time::Instant;
use std::collections::BTreeMap;

/// The name of the product itself in histories; nobody has it as a login.
pub const SYSTEM_NAME: &str = "system";

/// Where an order stands, as rights are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPlace {
    /// Path of the division that has it; None: that division is no longer in the tree.
    pub division_path: Option<String>,
    pub kind: OrderKind,
}

/// Over which part of the organisation something holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Divisions {
    Whole,
    /// A division and all below it, by its path.
    Subtree(String),
    /// A division that is no longer in the tree.
    Nowhere,
}

impl Divisions {
    /// Whether a division is among them, by its path; None: it is no longer in the tree.
    fn hold(&self, path: Option<&str>) -> bool {
        match (self, path) {
            (Divisions::Whole, _) => true,
            (Divisions::Subtree(top), Some(path)) => path.starts_with(top.as_str()),
            (Divisions::Subtree(_), None) | (Divisions::Nowhere, _) => false,
        }
    }
}

/// For which orders a right holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub divisions: Divisions,
    /// Empty: every kind.
    pub kinds: Vec<OrderKind>,
}

impl Reach {
    pub const EVERYTHING: Reach = Reach { divisions: Divisions::Whole, kinds: Vec::new() };

    pub fn is_everything(&self) -> bool {
        self.divisions == Divisions::Whole && self.kinds.is_empty()
    }

    pub fn holds(&self, place: &OrderPlace) -> bool {
        let divisions = self.divisions.hold(place.division_path.as_deref());
        divisions && (self.kinds.is_empty() || self.kinds.contains(&place.kind))
    }

    /// Whether all that the other reaches is within this one.
    pub fn contains(&self, other: &Reach) -> bool {
        let divisions = match (&self.divisions, &other.divisions) {
            (Divisions::Whole, _) | (_, Divisions::Nowhere) => true,
            (Divisions::Subtree(path), Divisions::Subtree(inner)) => {
                inner.starts_with(path.as_str())
            }
            (Divisions::Subtree(_), Divisions::Whole) | (Divisions::Nowhere, _) => false,
        };
        let kinds = self.kinds.is_empty()
            || (!other.kinds.is_empty()
                && other.kinds.iter().all(|kind| self.kinds.contains(kind)));
        divisions && kinds
    }
}

/// A stretch of time, its end excluded. None: open on that side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    pub from: Option<Instant>,
    pub until: Option<Instant>,
}

impl Period {
    pub fn contains(self, now: Instant) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// A grant as it was given: the rights of its role, where, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub rights: Vec<Right>,
    pub reach: Reach,
    /// It holds while all of these do: its own end; for a substitute also the absence and the time of substitution.
    pub periods: Vec<Period>,
}

impl Grant {
    /// Whether it has begun and has not ended.
    pub fn is_current(&self, now: Instant) -> bool {
        self.periods.iter().all(|period| period.contains(now))
    }

    /// Whether it gives anything at this instant.
    pub fn holds(&self, now: Instant) -> bool {
        self.reach.divisions != Divisions::Nowhere
            && !self.rights.is_empty()
            && self.is_current(now)
    }
}

/// A caller as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub name: String,
    pub grants: Vec<Grant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Access {
    rights: Vec<Right>,
    reach: Reach,
}

impl Access {
    fn gives(&self, right: Right) -> bool {
        self.rights.contains(&right) || self.rights.contains(&Right::Admin)
    }
}

/// Who does something, and what they may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The name in the history.
    pub name: String,
    access: Vec<Access>,
    /// The product itself sees every order without a grant; nobody who calls is it.
    is_system: bool,
}

impl Actor {
    /// The product itself: the tick and the executors of effects. It has no rights of a person; what it does is decided
    /// by other commands.
    pub fn system() -> Actor {
        Actor { name: SYSTEM_NAME.to_owned(), access: Vec::new(), is_system: true }
    }

    /// Somebody with these rights everywhere.
    pub fn with_rights(name: &str, rights: &[Right]) -> Actor {
        let grant =
            Grant { rights: rights.to_vec(), reach: Reach::EVERYTHING, periods: Vec::new() };
        Actor::of(Holder { name: name.to_owned(), grants: vec![grant] }, Instant::default())
    }

    /// Somebody with what their grants give at this instant. A grant that has ended gives nothing.
    pub fn of(holder: Holder, now: Instant) -> Actor {
        let grants = holder.grants.into_iter().filter(|grant| grant.holds(now));
        let access = grants.map(|grant| Access { rights: grant.rights, reach: grant.reach });
        Actor { name: holder.name, access: access.collect(), is_system: false }
    }

    /// Whether any right is held at all: not by the product itself, nor by somebody whose last grant has ended.
    pub fn may_anything(&self) -> bool {
        !self.access.is_empty()
    }

    /// Whether the right is held for anything at all.
    pub fn may(&self, right: Right) -> bool {
        self.access.iter().any(|access| access.gives(right))
    }

    /// Whether the right is held for the whole organisation and every kind of order: what is not of one order needs it.
    pub fn may_everywhere(&self, right: Right) -> bool {
        self.access.iter().any(|access| access.gives(right) && access.reach.is_everything())
    }

    /// Whether the right is held for an order that stands there.
    pub fn may_on(&self, right: Right, place: &OrderPlace) -> bool {
        self.access.iter().any(|access| access.gives(right) && access.reach.holds(place))
    }

    /// Whether the right is held for a division, by its path, for orders of whatever kind: what is of a division and not of
    /// one order, as its technicians, is read with it.
    pub fn may_in(&self, right: Right, path: Option<&str>) -> bool {
        let mut access = self.access.iter().filter(|access| access.gives(right));
        access.any(|access| access.reach.divisions.hold(path))
    }

    /// Whether the right is held for a division, by its path, and every kind of order: what is of a division is changed with
    /// it.
    pub fn may_all_in(&self, right: Right, path: Option<&str>) -> bool {
        let mut access = self.access.iter().filter(|access| access.gives(right));
        access.any(|access| access.reach.kinds.is_empty() && access.reach.divisions.hold(path))
    }

    /// Whether an order that stands there exists for this caller. Whoever may read orders sees those in the reach of that
    /// right; whoever may only do something else sees those in the reach of anything. A caller without any right sees
    /// none, and the product itself sees all.
    pub fn sees(&self, place: &OrderPlace) -> bool {
        match self.may(Right::OrdersRead) {
            true => self.may_on(Right::OrdersRead, place),
            false => self.is_system || self.access.iter().any(|access| access.reach.holds(place)),
        }
    }

    /// The caller as far as an order that stands there is concerned: what they may there, and no more.
    #[must_use]
    pub fn at(&self, place: &OrderPlace) -> Actor {
        self.at_any(std::slice::from_ref(place))
    }

    /// The same as far as any of these places is concerned.
    #[must_use]
    pub fn at_any(&self, places: &[OrderPlace]) -> Actor {
        let holds = |access: &&Access| places.iter().any(|place| access.reach.holds(place));
        let there = self.access.iter().filter(holds);
        let access = there
            .map(|access| Access { rights: access.rights.clone(), reach: Reach::EVERYTHING })
            .collect();
        Actor { name: self.name.clone(), access, is_system: self.is_system }
    }

    /// For which orders the right is held; None: for all.
    pub fn reach_of(&self, right: Right) -> Option<Vec<Reach>> {
        if self.may_everywhere(right) {
            return None;
        }
        let given = self.access.iter().filter(|access| access.gives(right));
        Some(given.map(|access| access.reach.clone()).collect())
    }

    /// The first of these rights that the caller may not give to others over this reach: nobody gives what they do not
    /// have themselves.
    pub fn cannot_give(&self, rights: &[Right], reach: &Reach) -> Option<Right> {
        let has = |right: &Right| {
            let mut access = self.access.iter();
            access.any(|access| access.gives(*right) && access.reach.contains(reach))
        };
        rights.iter().copied().find(|right| !has(right))
    }
}

/// The path of every division of a tree: the codes from the root, each ended by a slash, as `/head/north/`. Whatever is
/// below a division has a path that begins with its own.
pub fn division_paths(divisions: &[Division]) -> Vec<String> {
    let parents: BTreeMap<&str, Option<&str>> =
        divisions.iter().map(|d| (d.code.as_str(), d.parent_code.as_deref())).collect();
    let path = |division: &Division| {
        let mut codes = vec![division.code.as_str()];
        let mut parent = division.parent_code.as_deref();
        while let Some(code) = parent.filter(|_| codes.len() < DIVISION_DEPTH_MAX) {
            codes.push(code);
            parent = parents.get(code).copied().flatten();
        }
        codes.iter().rev().fold("/".to_owned(), |path, code| {
            // A slash in a code must not look like one between two.
            format!("{path}{}/", code.replace('%', "%25").replace('/', "%2F"))
        })
    };
    divisions.iter().map(path).collect()
}

/// The text behind all paths that begin with this one, in the order of bytes.
pub fn behind_subtree(path: &str) -> String {
    format!("{}0", path.strip_suffix('/').unwrap_or(path))
}
