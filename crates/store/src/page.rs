//! Lists of orders: filtered, sorted, a page at a time. Every filter and sort has an index.

use crate::codec::read;
use crate::database::{Database, Dialect, Value};
use oms_app::ports::{Cursor, OrderFilter, OrderPage, OrderPageQuery, OrderSort, StoreError};
use oms_domain::access::{Divisions, Reach, behind_subtree};
use oms_domain::order::Order;

/// Shorter words than this have no trigram.
const INDEXED_TERM_CHARACTERS_MIN: usize = 3;

/// What a list is filtered by; every parameter stands where it is added.
#[derive(Default)]
pub(crate) struct Conditions {
    pub(crate) texts: Vec<String>,
    pub(crate) parameters: Vec<Value>,
    /// What the reader reaches; None: everything.
    reached: Option<Reached>,
}

/// The orders that some reaches find.
struct Reached {
    /// A condition on the order's own division and kind.
    own: String,
    /// Statements that select the orders which have a task in one of the divisions.
    by_task: Vec<String>,
}

impl Conditions {
    /// Adds a condition; `{}` in it becomes the parameter.
    pub(crate) fn add(&mut self, condition: &str, parameter: impl Into<Value>) {
        self.parameters.push(parameter.into());
        self.texts.push(condition.replace("{}", &format!("${}", self.parameters.len())));
    }

    fn of(dialect: Dialect, filter: &OrderFilter) -> Conditions {
        let mut conditions = Conditions::default();
        let equalities = [
            ("kind = {}", &filter.kind),
            ("state = {}", &filter.state),
            ("stage = {}", &filter.stage),
            ("division_code = {}", &filter.division),
            ("assignee = {}", &filter.assignee),
            ("channel = {}", &filter.channel),
            ("external_id = {}", &filter.external_id),
        ];
        for (condition, value) in equalities {
            if let Some(value) = value {
                conditions.add(condition, value.as_str());
            }
        }
        if let Some(from) = filter.created_from {
            conditions.add("registered_at >= {}", from.0);
        }
        if let Some(to) = filter.created_to {
            conditions.add("registered_at <= {}", to.0);
        }
        if let Some(now) = filter.overdue_at {
            conditions.add("due_at < {}", now.0);
        }
        conditions.add_search(dialect, &filter.terms);
        conditions
    }

    /// Only what is behind a cursor in a list from the newest to the oldest, or whichever way the comparison says.
    pub(crate) fn add_cursor(&mut self, columns: &str, comparison: &str, after: &Cursor) {
        self.parameters.push(after.value.into());
        self.parameters.push(after.id.as_str().into());
        let number = self.parameters.len();
        self.texts.push(format!("({columns}) {comparison} (${}, ${number})", number - 1));
    }

    /// Only orders whose division one of these reaches.
    pub(crate) fn add_reaches(&mut self, reaches: &[Reach]) {
        if let Some(reached) = self.reached_by(reaches) {
            self.texts.push(reached.own);
        }
    }

    /// Only orders that one of these reaches; it is added last, because it stands behind all other conditions.
    fn add_reaches_and_tasks(&mut self, reaches: Option<&Vec<Reach>>) {
        self.reached = reaches.and_then(|reaches| self.reached_by(reaches));
    }

    /// A subtree is a stretch of the paths, which have an index. None: everything is reached.
    fn reached_by(&mut self, reaches: &[Reach]) -> Option<Reached> {
        if reaches.iter().any(Reach::is_everything) {
            return None;
        }
        let (mut own, mut by_task) = (Vec::new(), Vec::new());
        for reach in reaches {
            let mut parts = Vec::new();
            let kinds: Vec<String> =
                reach.kinds.iter().map(|kind| format!("'{}'", kind.code())).collect();
            let kinds = kinds.join(", ");
            match &reach.divisions {
                Divisions::Nowhere => continue,
                Divisions::Whole => {}
                Divisions::Subtree(path) => {
                    self.parameters.push(path.as_str().into());
                    self.parameters.push(behind_subtree(path).into());
                    let number = self.parameters.len();
                    let divisions = format!(
                        "division_code IN (SELECT code FROM division WHERE path >= ${} AND path < ${number})",
                        number - 1
                    );
                    by_task.push(match kinds.is_empty() {
                        true => format!("SELECT order_id FROM order_task_division WHERE {divisions}"),
                        false => format!(
                            "SELECT task.order_id FROM order_task_division task JOIN orders its ON its.id = task.order_id \
                             WHERE task.{divisions} AND its.kind IN ({kinds})"
                        ),
                    });
                    parts.push(format!("orders.{divisions}"));
                }
            }
            if !kinds.is_empty() {
                parts.push(format!("orders.kind IN ({kinds})"));
            }
            own.push(format!("({})", parts.join(" AND ")));
        }
        // Nothing is reached: nothing is found.
        let own = match own.is_empty() {
            true => "1 = 0".to_owned(),
            false => format!("({})", own.join(" OR ")),
        };
        Some(Reached { own, by_task })
    }

    fn add_search(&mut self, dialect: Dialect, terms: &[String]) {
        let (long, short): (Vec<_>, Vec<_>) =
            terms.iter().partition(|term| term.chars().count() >= INDEXED_TERM_CHARACTERS_MIN);
        match dialect {
            Dialect::Sqlite if !long.is_empty() => {
                // Each term as a string of FTS5, so that its signs are not taken for the query language.
                let question: Vec<String> =
                    long.iter().map(|term| format!("\"{}\"", term.replace('"', "\"\""))).collect();
                let condition =
                    "row_number IN (SELECT rowid FROM order_search WHERE order_search MATCH {})";
                self.add(condition, question.join(" AND "));
            }
            Dialect::Sqlite => {}
            Dialect::Postgres => {
                for term in long {
                    self.add("search_text LIKE {} ESCAPE '!'", contains(term));
                }
            }
        }
        for term in short {
            self.add("search_text LIKE {} ESCAPE '!'", contains(term));
        }
    }

    pub(crate) fn clause(&self) -> String {
        match self.texts.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", self.texts.join(" AND ")),
        }
    }

    /// What stands behind FROM: the orders that are reached by their own division, and apart from these, beginning with the few
    /// that have a task elsewhere, those that are reached by a task alone. With both in one condition there would be no index
    /// to go along.
    fn sources(&self) -> Vec<String> {
        let all = |more: &[String]| {
            let texts: Vec<&str> = self.texts.iter().chain(more).map(String::as_str).collect();
            texts.join(" AND ")
        };
        let Some(Reached { own, by_task }) = &self.reached else {
            return vec![format!("orders{}", self.clause())];
        };
        let mut sources = vec![format!("orders WHERE {}", all(std::slice::from_ref(own)))];
        if !by_task.is_empty() {
            let lent = by_task.join(" UNION ");
            let conditions = all(&["orders.id = lent.order_id".to_owned(), format!("NOT {own}")]);
            sources.push(format!("({lent}) AS lent CROSS JOIN orders WHERE {conditions}"));
        }
        sources
    }
}

fn contains(term: &str) -> String {
    let escaped = term.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

pub async fn page<D: Database>(
    database: &D,
    query: &OrderPageQuery,
) -> Result<OrderPage, StoreError> {
    let mut conditions = Conditions::of(database.dialect(), &query.filter);
    let (column, direction, comparison) = match query.sort {
        OrderSort::NewestFirst => ("registered_at", "DESC", "<"),
        OrderSort::OldestFirst => ("registered_at", "ASC", ">"),
        OrderSort::RecentlyChangedFirst => ("updated_at", "DESC", "<"),
        OrderSort::DueFirst => ("due_at", "ASC", ">"),
    };
    if query.sort == OrderSort::DueFirst {
        conditions.texts.push("due_at IS NOT NULL".to_owned());
    }
    if let Some(after) = &query.after {
        conditions.add_cursor(&format!("{column}, id"), comparison, after);
    }
    conditions.add_reaches_and_tasks(query.filter.within.as_ref());
    // One more than asked for tells whether there is a next page.
    conditions.parameters.push((i64::from(query.limit) + 1).into());
    let order = format!(
        "ORDER BY {column} {direction}, id {direction} LIMIT ${}",
        conditions.parameters.len()
    );
    let select = |source: &String| format!("SELECT document, {column}, id FROM {source} {order}");
    let selects: Vec<String> = conditions.sources().iter().map(select).collect();
    let statement = match &selects[..] {
        [one] => one.clone(),
        several => {
            let part = |select: &String| format!("SELECT * FROM ({select}) AS part");
            let parts: Vec<String> = several.iter().map(part).collect();
            format!("{} {order}", parts.join(" UNION ALL "))
        }
    };
    let mut rows = database.query(&statement, conditions.parameters).await?;
    let more = rows.len() > query.limit as usize;
    rows.truncate(query.limit as usize);
    let next = match rows.last_mut().filter(|_| more) {
        Some(row) => Some(Cursor { value: row.integer(1)?, id: row.text(2)? }),
        None => None,
    };
    let orders: Result<Vec<Order>, StoreError> =
        rows.into_iter().map(|mut row| read("order", &row.text(0)?)).collect();
    Ok(OrderPage { orders: orders?, next })
}

pub async fn count<D: Database>(
    database: &D,
    filter: &OrderFilter,
    limit: u32,
) -> Result<i64, StoreError> {
    let mut conditions = Conditions::of(database.dialect(), filter);
    conditions.add_reaches_and_tasks(filter.within.as_ref());
    conditions.parameters.push(i64::from(limit).into());
    let select = |source: &String| format!("SELECT 1 FROM {source}");
    let selects: Vec<String> = conditions.sources().iter().map(select).collect();
    let statement = format!(
        "SELECT count(*) FROM ({} LIMIT ${}) AS found",
        selects.join(" UNION ALL "),
        conditions.parameters.len()
    );
    let rows = database.query(&statement, conditions.parameters).await?;
    rows.first().ok_or_else(|| StoreError::Corrupt("no count".to_owned()))?.integer(0)
}
