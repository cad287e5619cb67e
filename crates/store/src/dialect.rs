//! Where the two databases want different words.

use crate::database::Dialect;

impl Dialect {
    /// The condition that a column is one of the texts of a JSON array parameter.
    pub fn is_among(self, column: &str, parameter: &str) -> String {
        let values = match self {
            Dialect::Sqlite => format!("SELECT value FROM json_each({parameter})"),
            Dialect::Postgres => {
                format!("SELECT json_array_elements_text({parameter}::text::json)")
            }
        };
        self.is_one_of(column, &values)
    }

    /// The condition that a column is one of the few values that a query finds.
    pub fn is_one_of(self, column: &str, query: &str) -> String {
        match self {
            Dialect::Sqlite => format!("{column} IN ({query})"),
            // An array, and not IN with a subquery: that would be a join, for which PostgreSQL reads a whole table that has
            // grown since it was analysed last.
            Dialect::Postgres => format!("{column} = ANY (ARRAY({query}))"),
        }
    }

    /// The phone of an order's party; as its index has it, word for word.
    pub fn party_phone(self) -> &'static str {
        match self {
            Dialect::Sqlite => "json_extract(document, '$.party.phone')",
            Dialect::Postgres => "(document::json #>> '{party,phone}')",
        }
    }

    /// Some parts of the JSON document of a row, as one JSON object.
    pub fn parts_of_document(self, names: &[&str]) -> String {
        let document = self.json("document");
        let part = |name: &&str| format!("'{name}', {document} -> '{name}'");
        let parts = names.iter().map(part).collect::<Vec<_>>().join(", ");
        match self {
            Dialect::Sqlite => format!("json_object({parts})"),
            Dialect::Postgres => format!("json_build_object({parts})"),
        }
    }

    /// All values of a JSON expression over the rows of a query, as one JSON array text.
    pub fn array_of(self, expression: &str) -> String {
        match self {
            Dialect::Sqlite => format!("json_group_array({expression})"),
            Dialect::Postgres => format!("coalesce(json_agg({expression})::text, '[]')"),
        }
    }

    /// A JSON array made of columns.
    pub fn tuple_of(self, columns: &str) -> String {
        match self {
            Dialect::Sqlite => format!("json_array({columns})"),
            Dialect::Postgres => format!("json_build_array({columns})"),
        }
    }

    /// A column that holds JSON as text, as JSON.
    pub fn json(self, column: &str) -> String {
        match self {
            Dialect::Sqlite => format!("json({column})"),
            Dialect::Postgres => format!("{column}::json"),
        }
    }

    /// Rows to be changed that nobody else is changing right now.
    pub fn skip_locked(self) -> &'static str {
        match self {
            // SQLite has one writer at a time.
            Dialect::Sqlite => "",
            Dialect::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }
}

/// Whether the first `$1` of a statement comes before the first `$2`, and so on. To SQLite `$8` is a name like any other: what
/// binds by place gives the first value to whatever name comes first. sqlx binds by the number; Spin does not.
#[cfg(feature = "native")]
pub(crate) fn takes_parameters_in_order(statement: &str) -> bool {
    let mut seen = 0;
    statement.split('$').skip(1).all(|rest| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let Ok(number) = rest[..digits].parse::<usize>() else { return true };
        let is_in_order = number <= seen + 1;
        seen = seen.max(number);
        is_in_order
    })
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use super::takes_parameters_in_order;

    #[test]
    fn parameters_come_in_the_order_of_their_numbers() {
        let cases = "
            SELECT 1                                              | true
            SELECT $1, $2, $1, $3                                 | true
            SELECT json_extract(d, '$.party') FROM o WHERE i = $1 | true
            SELECT $2, $1                                         | false
            WITH m AS (SELECT $3) SELECT $1, $2 FROM m            | false
            SELECT $1, $3                                         | false
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (statement, expected) = line.rsplit_once('|').expect("a statement and a word");
            let is_in_order = takes_parameters_in_order(statement);
            assert_eq!(is_in_order.to_string(), expected.trim(), "{line}");
        }
    }
}
