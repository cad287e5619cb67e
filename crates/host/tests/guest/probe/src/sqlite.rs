//! What a guest does with SQLite, well-behaved or not.

use std::cell::RefCell;

use spin_sdk::sqlite::{Connection, Value};

use crate::{Answer, text};

pub async fn answer(path: &str, argument: &str) -> Answer {
    match path {
        "/sqlite/open" => text(Connection::open(argument).await.map(|_| "opened")),
        "/sqlite/query" => query(argument).await,
        "/sqlite/rows" => rows(argument).await,
        "/sqlite/types" => types().await,
        "/sqlite/save" => save(argument).await,
        "/sqlite/read-kept" => read_kept(argument).await,
        "/sqlite/save-kept" => save_kept(argument).await,
        "/sqlite/trap-in-transaction" => trap_in_transaction(argument).await,
        "/sqlite/count" => count(argument).await,
        _ => Err(format!("nothing at {path}")),
    }
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";

/// Columns, number of rows and the end of the answer to a statement (spaces written as `+`).
async fn query(statement: &str) -> Answer {
    let connection = Connection::open_default().await.map_err(|error| format!("{error:?}"))?;
    let mut result = connection
        .execute(statement.replace('+', " "), [])
        .await
        .map_err(|error| format!("{error:?}"))?;
    let columns = result.columns().join(",");
    let mut rows = 0;
    while result.next().await.is_some() {
        rows += 1;
    }
    Ok(format!("{columns} {rows} {:?}", result.result().await))
}

/// More rows than one batch holds, and the sum of what they say.
async fn rows(count: &str) -> Answer {
    let connection = Connection::open_default().await.map_err(|error| format!("{error:?}"))?;
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n";
    let limit = Value::Integer(count.parse().unwrap_or_default());
    let result =
        connection.execute(numbers, [limit]).await.map_err(|error| format!("{error:?}"))?;
    let rows = result.collect().await.map_err(|error| format!("{error:?}"))?;
    let sum: i64 = rows.iter().filter_map(|row| row.get::<i64>(0)).sum();
    Ok(format!("{} rows, sum {sum}", rows.len()))
}

async fn types() -> Answer {
    let connection = Connection::open_default().await.map_err(|error| format!("{error:?}"))?;
    let values = [
        Value::Integer(-7),
        Value::Real(1.5),
        Value::Text("ё".to_owned()),
        Value::Blob(vec![0, 255]),
        Value::Null,
    ];
    let result = connection
        .execute("SELECT ?, ?, ?, ?, ?", values)
        .await
        .map_err(|error| format!("{error:?}"))?;
    let rows = result.collect().await.map_err(|error| format!("{error:?}"))?;
    Ok(format!("{:?}", rows[0].values))
}

async fn run(connection: &Connection, statement: &str, values: Vec<Value>) -> Answer {
    let result =
        connection.execute(statement, values).await.map_err(|error| format!("{error:?}"))?;
    result.result().await.map_err(|error| format!("{error:?}"))?;
    Ok(String::new())
}

pub async fn save(note: &str) -> Answer {
    let connection = Connection::open_default().await.map_err(|error| format!("{error:?}"))?;
    save_on(&connection, note).await
}

async fn save_on(connection: &Connection, note: &str) -> Answer {
    run(connection, TABLE, Vec::new()).await?;
    let insert = "INSERT INTO notes (text) VALUES (?)";
    run(connection, insert, vec![Value::Text(note.to_owned())]).await?;
    Ok(format!(
        "changes {} rowid {}",
        connection.changes().await,
        connection.last_insert_rowid().await
    ))
}

thread_local! {
    static FREE: RefCell<Vec<Connection>> = const { RefCell::new(Vec::new()) };
}

/// One statement on a connection that the instance keeps: how the product saves.
async fn save_kept(note: &str) -> Answer {
    let connection = take_kept().await?;
    let insert = "INSERT INTO notes (text) VALUES (?)";
    let saved = run(&connection, insert, vec![Value::Text(note.to_owned())]).await;
    FREE.with_borrow_mut(|free| free.push(connection));
    saved
}

/// The text of a row, on a connection that the instance keeps.
async fn read_kept(id: &str) -> Answer {
    let connection = take_kept().await?;
    let select = "SELECT text FROM notes WHERE id = ?";
    let id = Value::Integer(id.parse().unwrap_or_default());
    let result = connection.execute(select, [id]).await.map_err(|error| format!("{error:?}"))?;
    let rows = result.collect().await.map_err(|error| format!("{error:?}"))?;
    FREE.with_borrow_mut(|free| free.push(connection));
    Ok(format!("{:?}", rows.first().map(|row| &row.values)))
}

async fn take_kept() -> Result<Connection, String> {
    if let Some(connection) = FREE.with_borrow_mut(Vec::pop) {
        return Ok(connection);
    }
    let connection = Connection::open_default().await.map_err(|error| format!("{error:?}"))?;
    run(&connection, "PRAGMA synchronous = NORMAL", Vec::new()).await?;
    Ok(connection)
}

async fn trap_in_transaction(note: &str) -> Answer {
    let connection = Connection::open_default().await.map_err(|error| format!("{error:?}"))?;
    run(&connection, TABLE, Vec::new()).await?;
    run(&connection, "BEGIN IMMEDIATE", Vec::new()).await?;
    save_on(&connection, note).await?;
    std::process::abort()
}

async fn count(note: &str) -> Answer {
    let connection = Connection::open_default().await.map_err(|error| format!("{error:?}"))?;
    let select = "SELECT count(*) FROM notes WHERE text = ?";
    let result = connection
        .execute(select, [Value::Text(note.to_owned())])
        .await
        .map_err(|error| format!("{error:?}"))?;
    let rows = result.collect().await.map_err(|error| format!("{error:?}"))?;
    Ok(rows[0].get::<i64>(0).unwrap_or(-1).to_string())
}
