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
        if let Some(reaches) = &filter.within {
            conditions.add_reaches(reaches);
        }
        conditions
    }

    /// Only what is behind a cursor in a list from the newest to the oldest, or whichever way the comparison says.
    pub(crate) fn add_cursor(&mut self, columns: &str, comparison: &str, after: &Cursor) {
        self.parameters.push(after.value.into());
        self.parameters.push(after.id.as_str().into());
        let number = self.parameters.len();
        self.texts.push(format!("({columns}) {comparison} (${}, ${number})", number - 1));
    }

    /// Only orders that one of these reaches. A subtree is a stretch of the paths, which have an index.
    pub(crate) fn add_reaches(&mut self, reaches: &[Reach]) {
        if reaches.iter().any(Reach::is_everything) {
            return;
        }
        let mut choices = Vec::new();
        for reach in reaches {
            let mut parts = Vec::new();
            match &reach.divisions {
                Divisions::Nowhere => continue,
                Divisions::Whole => {}
                Divisions::Subtree(path) => {
                    self.parameters.push(path.as_str().into());
                    self.parameters.push(behind_subtree(path).into());
                    let number = self.parameters.len();
                    parts.push(format!(
                        "orders.division_code IN (SELECT code FROM division WHERE path >= ${} AND path < ${number})",
                        number - 1
                    ));
                }
            }
            if !reach.kinds.is_empty() {
                let codes = reach.kinds.iter().map(|kind| format!("'{}'", kind.code()));
                parts.push(format!("orders.kind IN ({})", codes.collect::<Vec<_>>().join(", ")));
            }
            choices.push(format!("({})", parts.join(" AND ")));
        }
        // Nothing is reached: nothing is found.
        self.texts.push(match choices.is_empty() {
            true => "1 = 0".to_owned(),
            false => format!("({})", choices.join(" OR ")),
        });
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
    // One more than asked for tells whether there is a next page.
    conditions.parameters.push((i64::from(query.limit) + 1).into());
    let statement = format!(
        "SELECT document, {column}, id FROM orders{} ORDER BY {column} {direction}, id {direction} LIMIT ${}",
        conditions.clause(),
        conditions.parameters.len()
    );
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
    conditions.parameters.push(i64::from(limit).into());
    let statement = format!(
        "SELECT count(*) FROM (SELECT 1 FROM orders{} LIMIT ${}) AS found",
        conditions.clause(),
        conditions.parameters.len()
    );
    let rows = database.query(&statement, conditions.parameters).await?;
    rows.first().ok_or_else(|| StoreError::Corrupt("no count".to_owned()))?.integer(0)
}
