//! A coverage is tried out: checked as a whole, laid over the orders of the last days and over the open ones. Nothing
//! is stored.

use crate::AppError;
use crate::ports::{Cursor, Organisation, StoreError};
use crate::read::require;
use crate::scoped::require_everywhere;
use oms_domain::address::Address;
use oms_domain::catalogue::Service;
use oms_domain::division::{Division, DivisionReference, Neighbourhood};
use oms_domain::input::Fault;
use oms_domain::limits::{
    COVERAGE_FINDINGS_TOLD_MAX, COVERAGE_ORDERS_LOOKED_AT_MAX, COVERAGE_ORDERS_READ_AT_ONCE,
    COVERAGE_RULES_MAX,
};
use oms_domain::order::OrderState;
use oms_domain::rights::{Actor, Right};
use oms_domain::routing::normalise::Place;
use oms_domain::routing::{Coverage, CoverageRule, FindingKind, PreparedRules, Query, check_rule};
use oms_domain::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// What of an order says where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutedOrder {
    pub id: String,
    pub number: String,
    pub state: OrderState,
    pub registered_at: Instant,
    pub address: Address,
    pub line_phone: Option<String>,
    pub services: BTreeSet<Service>,
    /// Who has it.
    pub division: DivisionReference,
    /// Who operates its address.
    pub covering: Option<DivisionReference>,
    /// The kind of division that its stage asks for.
    pub division_kind: Option<String>,
    /// Who operates it for each service, where they differ: codes.
    pub by_service: Vec<(Service, String)>,
}

impl RoutedOrder {
    /// Where the list of open orders goes on behind this one.
    pub fn cursor(&self) -> Cursor {
        let id = format!("{} {}", self.state.code(), self.id);
        Cursor { value: self.registered_at.0, id }
    }

    pub(crate) fn query(&self) -> Query {
        Query {
            place: Place::of(&self.address).with_phone(self.line_phone.as_deref()),
            services: self.services.clone(),
        }
    }
}

/// Orders as a coverage sees them, a part at a time: each call goes on behind the last order of the one before.
pub trait RoutedOrders: Sync {
    /// Those registered since, newest first.
    fn registered_since(
        &self,
        since: Instant,
        after: Option<&RoutedOrder>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<RoutedOrder>, StoreError>> + Send;

    /// Those that are open, by state and time of registration.
    fn open(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<RoutedOrder>, StoreError>> + Send;
}

/// Things of which the first are told, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    pub items: Vec<T>,
    pub total: usize,
}

impl<T> Told<T> {
    fn first(mut items: Vec<T>, most: usize) -> Told<T> {
        let total = items.len();
        items.truncate(most);
        Told { items, total }
    }
}

/// An address of orders that no rule matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// On one line, without the flat.
    pub address: String,
    /// Orders at it.
    pub orders: usize,
    /// The number of one of them.
    pub example: String,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageCheck {
    pub rules: usize,
    pub errors: Told<Fault>,
    pub warnings: Told<Fault>,
    /// Those with the most orders first.
    pub gaps: Told<Gap>,
    /// Orders that were laid over the rules.
    pub orders: usize,
}

/// Everything that is wrong with rules, and everything to be looked at again; in the order of the rules.
pub fn examine(
    prepared: &PreparedRules<'_>,
    rules: &[CoverageRule],
    divisions: &[Division],
    place_of: impl Fn(usize, &str) -> String,
) -> (Vec<Fault>, Vec<Fault>) {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    let fault = |index: usize, column: &str, code: &str, message: String| Fault {
        pointer: place_of(index, column),
        code: code.to_owned(),
        message,
    };
    if rules.len() > COVERAGE_RULES_MAX {
        let message = format!("At most {COVERAGE_RULES_MAX} rules.");
        errors.push(fault(COVERAGE_RULES_MAX, "division_code", "too-many", message));
    }
    let codes: BTreeSet<&str> = divisions.iter().map(|division| division.code.as_str()).collect();
    for (index, rule) in rules.iter().enumerate() {
        if !codes.contains(rule.division_code.as_str()) {
            let message = format!("There is no division {:?}.", rule.division_code);
            errors.push(fault(index, "division_code", "unknown-division", message));
        }
        for (column, message) in check_rule(rule) {
            errors.push(fault(index, column, "invalid-rule", message));
        }
    }
    for finding in prepared.check() {
        let message = finding.sentence(rules, |index| place_of(index, ""));
        match finding.kind {
            FindingKind::Ambiguous => {
                errors.push(fault(finding.rule, "division_code", finding.kind.code(), message));
            }
            _ => warnings.push(fault(finding.rule, "", finding.kind.code(), message)),
        }
    }
    (errors, warnings)
}

/// Checks rules as a whole, and lays them over the orders registered since: which addresses match nothing?
pub async fn check<P: Organisation + RoutedOrders>(
    ports: &P,
    actor: &Actor,
    rules: &[CoverageRule],
    since: Instant,
    place_of: impl Fn(usize, &str) -> String + Send,
) -> Result<CoverageCheck, AppError> {
    require(actor, Right::OrganisationRead)?;
    require_everywhere(actor, Right::OrdersRead)?;
    let divisions = ports.divisions().await?;
    let prepared = PreparedRules::new(rules);
    let (errors, warnings) = examine(&prepared, rules, &divisions, place_of);
    let mut gaps: BTreeMap<String, Gap> = BTreeMap::new();
    let mut orders = 0;
    let mut last: Option<RoutedOrder> = None;
    while orders < COVERAGE_ORDERS_LOOKED_AT_MAX {
        let part =
            ports.registered_since(since, last.as_ref(), COVERAGE_ORDERS_READ_AT_ONCE).await?;
        if part.is_empty() {
            break;
        }
        orders += part.len();
        for order in part.iter().filter(|order| prepared.select(&order.query()).rule.is_none()) {
            let address = Address { flat: None, ..order.address.clone() };
            let key = format!("{}|{:?}", Place::of(&address).key(), address.postcode);
            let gap = Gap { address: address.line(), orders: 0, example: order.number.clone() };
            gaps.entry(key).or_insert(gap).orders += 1;
        }
        last = part.into_iter().next_back();
    }
    let mut gaps: Vec<Gap> = gaps.into_values().collect();
    gaps.sort_by(|a, b| b.orders.cmp(&a.orders).then_with(|| a.address.cmp(&b.address)));
    Ok(CoverageCheck {
        rules: rules.len(),
        errors: Told::first(errors, COVERAGE_FINDINGS_TOLD_MAX),
        warnings: Told::first(warnings, COVERAGE_FINDINGS_TOLD_MAX),
        gaps: Told::first(gaps, COVERAGE_FINDINGS_TOLD_MAX),
        orders,
    })
}

/// An open order that other rules would give to another division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub id: String,
    pub number: String,
    /// Who has it, and who would.
    pub from: DivisionReference,
    pub to: DivisionReference,
    /// Who operates its address, and who would; later stages go from there.
    pub covering_from: Option<DivisionReference>,
    pub covering_to: Option<DivisionReference>,
    pub reason: String,
}

/// What other rules would do to open orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub moves: Told<Move>,
    /// Open orders that were looked at.
    pub orders: usize,
    /// There are more open orders than are looked at.
    pub is_partial: bool,
}

/// Lays rules over the open orders: whose division, or whose covering division, would be another one?
pub async fn preview<P: Organisation + RoutedOrders>(
    ports: &P,
    actor: &Actor,
    rules: &[CoverageRule],
    limit: usize,
    place_of: impl Fn(usize, &str) -> String + Send,
) -> Result<Preview, AppError> {
    require(actor, Right::OrganisationRead)?;
    require_everywhere(actor, Right::OrdersRead)?;
    let divisions = ports.divisions().await?;
    let prepared = PreparedRules::new(rules);
    let (errors, _) = examine(&prepared, rules, &divisions, place_of);
    if !errors.is_empty() {
        return Err(AppError::Invalid(errors));
    }
    let mut tree = Tree::new(&divisions);
    let mut moves = Vec::new();
    let mut orders = 0;
    let mut last: Option<Cursor> = None;
    let mut is_partial = false;
    loop {
        let part = ports.open(last.as_ref(), COVERAGE_ORDERS_READ_AT_ONCE).await?;
        if part.is_empty() {
            break;
        }
        if orders >= COVERAGE_ORDERS_LOOKED_AT_MAX {
            is_partial = true;
            break;
        }
        orders += part.len();
        for order in &part {
            moves.extend(tree.moved(order, &prepared));
        }
        last = part.last().map(RoutedOrder::cursor);
    }
    moves.sort_by(|a: &Move, b| a.number.cmp(&b.number));
    Ok(Preview { moves: Told::first(moves, limit), orders, is_partial })
}

/// The divisions with what lies around each that was asked for.
pub(crate) struct Tree<'a> {
    divisions: &'a [Division],
    root: Option<&'a str>,
    around: BTreeMap<String, Neighbourhood>,
}

impl<'a> Tree<'a> {
    /// Codes of the divisions that operate the address for each service, where they differ.
    fn by_service(&self, query: &Query, rules: &PreparedRules<'_>) -> Vec<(Service, String)> {
        if query.services.len() < 2 {
            return Vec::new();
        }
        let of = |service: &Service| {
            let alone = Query { services: BTreeSet::from([*service]), place: query.place.clone() };
            let winner = rules.select(&alone).rule.map(|rule| rule.division_code);
            Some((*service, winner.or_else(|| self.root.map(str::to_owned))?))
        };
        let divisions: Vec<(Service, String)> = query.services.iter().filter_map(of).collect();
        let is_one = divisions.windows(2).all(|pair| pair[0].1 == pair[1].1);
        if is_one { Vec::new() } else { divisions }
    }

    pub(crate) fn new(divisions: &'a [Division]) -> Tree<'a> {
        let root = divisions.iter().find(|division| division.parent_code.is_none());
        let root = root.map(|division| division.code.as_str());
        Tree { divisions, root, around: BTreeMap::new() }
    }

    /// None: the order stays where it is.
    pub(crate) fn moved(&mut self, order: &RoutedOrder, rules: &PreparedRules<'_>) -> Option<Move> {
        let query = order.query();
        let selection = rules.select(&query);
        let by_service = self.by_service(&query, rules);
        let winner = selection.rule.as_ref().map(|rule| rule.division_code.as_str());
        let start = winner.or(self.root)?;
        let around = self.around.entry(start.to_owned());
        let neighbourhood =
            around.or_insert_with(|| Neighbourhood::of(self.divisions, start)).clone();
        let coverage = Coverage {
            rule: selection.rule,
            beaten: selection.beaten,
            neighbourhood,
            ..Coverage::default()
        };
        let (to, decision) = coverage.division_for(order.division_kind.as_deref())?;
        let code = |division: &Option<DivisionReference>| division.as_ref().map(|d| d.code.clone());
        let stays = to.code == order.division.code
            && code(&decision.covering) == code(&order.covering)
            && by_service == order.by_service;
        (!stays).then(|| Move {
            id: order.id.clone(),
            number: order.number.clone(),
            from: order.division.clone(),
            to,
            covering_from: order.covering.clone(),
            covering_to: decision.covering,
            reason: decision.reason,
        })
    }
}
