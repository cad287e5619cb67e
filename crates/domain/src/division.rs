//! Divisions: the nodes of the organisation tree, and how a stage finds the one that it asks for.

use crate::input::Fault;
use crate::limits::{CODE_CHARACTERS_MAX, DIVISION_DEPTH_MAX, DIVISIONS_MAX, NAME_CHARACTERS_MAX};
use crate::staff::is_login;
use crate::zone::is_known_zone;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A division as the organisation keeps it; the columns of the division file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Division {
    pub code: String,
    /// None: the root.
    #[serde(default)]
    pub parent_code: Option<String>,
    pub name: String,
    /// branch, sales, support, technical: what a stage asks for.
    pub kind: String,
    /// IANA name.
    pub timezone: String,
    #[serde(default)]
    pub email: Option<String>,
    /// Login of whoever heads it. It may be that of somebody who comes or has left: the organisation outlasts people.
    #[serde(default)]
    pub head: Option<String>,
}

/// A division as an order names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DivisionReference {
    pub code: String,
    pub name: String,
}

pub const DIVISION_KINDS: [&str; 4] = ["branch", "sales", "support", "technical"];

/// A division within reach of the covering one: an ancestor (or itself), or a child of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    pub code: String,
    pub name: String,
    pub kind: String,
    /// Login of whoever heads it.
    pub head: Option<String>,
    /// Steps from the covering division up to the ancestor in question.
    pub distance: i64,
    /// True: it is that ancestor itself. False: one of the ancestor's children.
    pub is_ancestor: bool,
}

/// The covering division and all that can be found from it on the way to the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Neighbourhood {
    pub neighbours: Vec<Neighbour>,
    /// Around other divisions that an order is about: the one that has it, and those that operate its address for one of
    /// its services. What is known of a division may come from there; the nearest of a kind is never looked for there.
    pub others: Vec<Neighbourhood>,
}

impl Neighbourhood {
    /// The covering division.
    pub fn start(&self) -> Option<&Neighbour> {
        self.neighbours.iter().find(|neighbour| neighbour.is_ancestor && neighbour.distance == 0)
    }

    /// The division of a kind that is nearest: the covering one if it is of that kind, else going up the tree, at each
    /// ancestor among its children and then the ancestor itself. Among several children the first by code.
    pub fn nearest(&self, kind: &str) -> Option<&Neighbour> {
        let start = self.start()?;
        if start.kind == kind {
            return Some(start);
        }
        self.neighbours
            .iter()
            .filter(|neighbour| neighbour.kind == kind && neighbour.distance > 0)
            .min_by(|a, b| {
                (a.distance, a.is_ancestor, &a.code).cmp(&(b.distance, b.is_ancestor, &b.code))
            })
    }

    /// What is known of a division; None: it is out of reach.
    pub fn find(&self, code: &str) -> Option<&Neighbour> {
        self.find_here(code).or_else(|| self.others.iter().find_map(|other| other.find(code)))
    }

    fn find_here(&self, code: &str) -> Option<&Neighbour> {
        let found = self.neighbours.iter().filter(|neighbour| neighbour.code == code);
        found.min_by_key(|neighbour| !neighbour.is_ancestor)
    }

    /// The division above another one; None: it is the root, or out of reach.
    pub fn parent_of(&self, code: &str) -> Option<&Neighbour> {
        let Some(found) = self.find_here(code) else {
            return self.others.iter().find_map(|other| other.parent_of(code));
        };
        // A child stands at the distance of its parent.
        let distance = found.distance + i64::from(found.is_ancestor);
        let mut ancestors = self.neighbours.iter().filter(|neighbour| neighbour.is_ancestor);
        ancestors.find(|ancestor| ancestor.distance == distance)
    }

    /// What lies around a division, itself the start; None: it is not known.
    pub fn around(&self, code: &str) -> Option<&Neighbourhood> {
        match self.start().is_some_and(|start| start.code == code) {
            true => Some(self),
            false => self.others.iter().find_map(|other| other.around(code)),
        }
    }

    /// The same without what is known of others.
    pub fn alone(&self) -> Neighbourhood {
        Neighbourhood { neighbours: self.neighbours.clone(), others: Vec::new() }
    }

    /// The neighbourhood of a division in a whole tree.
    pub fn of(divisions: &[Division], code: &str) -> Neighbourhood {
        let by_code: BTreeMap<&str, &Division> =
            divisions.iter().map(|d| (d.code.as_str(), d)).collect();
        let mut neighbours = Vec::new();
        let mut current = by_code.get(code).copied();
        let mut distance = 0;
        while let Some(ancestor) = current.filter(|_| distance < DIVISION_DEPTH_MAX as i64) {
            neighbours.push(neighbour(ancestor, distance, true));
            let children =
                divisions.iter().filter(|d| d.parent_code.as_deref() == Some(&ancestor.code));
            neighbours.extend(children.map(|child| neighbour(child, distance, false)));
            current =
                ancestor.parent_code.as_deref().and_then(|parent| by_code.get(parent).copied());
            distance += 1;
        }
        Neighbourhood { neighbours, others: Vec::new() }
    }
}

fn neighbour(division: &Division, distance: i64, is_ancestor: bool) -> Neighbour {
    let Division { code, name, kind, head, .. } = division.clone();
    Neighbour { code, name, kind, head, distance, is_ancestor }
}

/// Everything that is wrong with a whole tree. The pointer is the row: `/0` the first division, `/0/parentCode` a column.
pub fn check_tree(divisions: &[Division]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |index: usize, field: &str, code: &str, message: String| {
        faults.push(Fault { pointer: format!("/{index}/{field}"), code: code.to_owned(), message });
    };
    if divisions.len() > DIVISIONS_MAX {
        fault(DIVISIONS_MAX, "code", "too-many", format!("At most {DIVISIONS_MAX} divisions."));
        return faults;
    }
    let codes: BTreeSet<&str> = divisions.iter().map(|division| division.code.as_str()).collect();
    let parents: BTreeMap<&str, Option<&str>> =
        divisions.iter().map(|d| (d.code.as_str(), d.parent_code.as_deref())).collect();
    let mut seen = BTreeSet::new();
    let mut root: Option<&str> = None;
    for (index, division) in divisions.iter().enumerate() {
        if let Err((code, message)) =
            crate::input::check_text(&division.code, CODE_CHARACTERS_MAX, false)
        {
            fault(index, "code", code, format!("code {message}"));
        }
        if let Err((code, message)) =
            crate::input::check_text(&division.name, NAME_CHARACTERS_MAX, false)
        {
            fault(index, "name", code, format!("name {message}"));
        }
        if !seen.insert(&division.code) {
            fault(index, "code", "twice", format!("Division {:?} is there twice.", division.code));
        }
        if !DIVISION_KINDS.contains(&division.kind.as_str()) {
            let kinds = DIVISION_KINDS.join(", ");
            fault(
                index,
                "kind",
                "unknown-value",
                format!("kind {:?} must be one of: {kinds}.", division.kind),
            );
        }
        if !is_known_zone(&division.timezone) {
            let message = format!(
                "timezone {:?} must be an IANA name such as Asia/Tashkent.",
                division.timezone
            );
            fault(index, "timezone", "unknown-value", message);
        }
        if let Some(head) = division.head.as_ref().filter(|head| !is_login(head)) {
            let message = format!("head {head:?} must be the login of one of the staff.");
            fault(index, "head", "invalid-login", message);
        }
        match &division.parent_code {
            None if root.is_some() => {
                let message = format!("{:?} is a second root; give it a parent.", division.code);
                fault(index, "parentCode", "second-root", message);
            }
            None => root = Some(&division.code),
            Some(parent) if !codes.contains(parent.as_str()) => {
                let message =
                    format!("Parent {parent:?} of {:?} is not in the tree.", division.code);
                fault(index, "parentCode", "unknown-parent", message);
            }
            Some(_) if !reaches_root(&parents, &division.code) => {
                let message = format!("{:?} is its own ancestor, or too deep.", division.code);
                fault(index, "parentCode", "cycle", message);
            }
            Some(_) => {}
        }
    }
    if root.is_none() {
        fault(0, "parentCode", "no-root", "One division must have no parent: the root.".to_owned());
    }
    faults
}

fn reaches_root(parents: &BTreeMap<&str, Option<&str>>, code: &str) -> bool {
    let mut current = code;
    for _ in 0..DIVISION_DEPTH_MAX {
        match parents.get(current) {
            Some(Some(parent)) => current = parent,
            Some(None) => return true,
            None => return true, // an unknown parent is a fault of its own
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Vec<Division> {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| {
                let columns: Vec<&str> = line.split_whitespace().collect();
                Division {
                    code: columns[0].to_owned(),
                    parent_code: Some(columns[1].to_owned()).filter(|parent| parent != "-"),
                    name: columns[0].to_owned(),
                    kind: columns[2].to_owned(),
                    timezone: "UTC".to_owned(),
                    email: None,
                    head: None,
                }
            })
            .collect()
    }

    #[test]
    fn the_nearest_division_of_a_kind_is_found_up_the_tree() {
        let divisions = tree(
            "head - branch
             head-sales head sales
             north head branch
             north-support north support
             north-tech north technical
             north-tech-lab north-tech technical
             south head sales
             south-tech south technical",
        );
        // covering division, kind asked for, division found
        let cases = "
            north-tech      technical  north-tech
            north-tech      support    north-support
            north-tech      sales      head-sales
            north-tech-lab  technical  north-tech-lab
            north-tech      branch     north
            south-tech      sales      south
            south-tech      support    -
            head            branch     head
            head            sales      -
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let [from, kind, expected] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let neighbourhood = Neighbourhood::of(&divisions, from);
            let found = neighbourhood.nearest(kind).map_or("-", |neighbour| &neighbour.code);
            assert_eq!(found, expected, "{line}");
        }
    }

    /// As an order has them whose division was found when the tree was another one: of the covering division only what is
    /// nearest, and of the division that has the order its ancestors.
    #[test]
    fn the_division_that_has_an_order_is_known_whatever_stands_beside_it() {
        let divisions = tree(
            "head - branch
             north head branch
             north-a-tech north technical
             north-shop north sales
             north-tech north technical
             south head branch
             south-tech south technical
             south-lab south-tech technical",
        );
        // division that has the order, the one above it, whether the covering division alone tells it
        let cases = "
            north         head        true
            north-a-tech  north       true
            north-tech    north       false
            south-tech    south       false
            south-lab     south-tech  false
            head          -           true
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let [code, parent, is_told] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let mut around = Neighbourhood::of(&divisions, "north-shop");
            around.neighbours.retain(|it| it.is_ancestor || it.code == "north-a-tech");
            assert_eq!(around.find(code).is_some().to_string(), is_told, "{line}");
            let mut chain = Neighbourhood::of(&divisions, code);
            chain.neighbours.retain(|neighbour| neighbour.is_ancestor);
            around.others.push(chain);
            assert_eq!(around.find(code).map(|it| it.code.as_str()), Some(code), "{line}");
            let found = around.parent_of(code).map_or("-", |found| &found.code);
            assert_eq!(found, parent, "{line}");
            let nearest = around.nearest("technical").map(|it| it.code.as_str());
            assert_eq!(nearest, Some("north-a-tech"), "{line}: what is nearest stays");
            let start = around.around(code).and_then(|it| it.start());
            assert_eq!(start.map(|it| it.code.as_str()), Some(code), "{line}");
        }
    }

    #[test]
    fn a_broken_tree_is_told_with_every_fault() {
        let mut divisions = tree(
            "a - branch
             b - branch
             c nowhere technical
             d e technical
             e d technical
             a a kitchen",
        );
        divisions[1].timezone = "Mars/Olympus".to_owned();
        divisions[1].head = Some("Aziza Rahimova".to_owned());
        let codes: Vec<String> = check_tree(&divisions)
            .into_iter()
            .map(|f| format!("{} {}", f.pointer, f.code))
            .collect();
        assert_eq!(
            codes,
            [
                "/1/timezone unknown-value",
                "/1/head invalid-login",
                "/1/parentCode second-root",
                "/2/parentCode unknown-parent",
                "/3/parentCode cycle",
                "/4/parentCode cycle",
                "/5/code twice",
                "/5/kind unknown-value",
                "/5/parentCode cycle",
            ]
        );
    }
}
