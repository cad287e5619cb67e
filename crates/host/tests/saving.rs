//! SQLite and PostgreSQL as guests use them, and what is left when a guest fails in the middle.

mod support;

use http::StatusCode;
use support::{Answer, TestApp, postgres, probe_with, server_of, start};
use tokio_postgres::Client;

const FAILED: Answer = Answer { status: StatusCode::INTERNAL_SERVER_ERROR, text: String::new() };

async fn sqlite_app() -> TestApp {
    start(&probe_with("sqlite_databases = [\"default\"]")).await
}

#[tokio::test]
async fn sqlite_values_and_errors_are_those_of_spin() {
    let app = sqlite_app().await;
    let cases = [
        (
            "/sqlite/types",
            "[Value::Integer(-7), Value::Real(1.5), Value::Text(\"ё\"), Value::Blob([0, 255]), Value::Null]",
        ),
        ("/sqlite/rows?1", "1 rows, sum 1"),
        ("/sqlite/rows?10000", "10000 rows, sum 50005000"),
        ("/sqlite/query?SELECT+1+AS+a,2+AS+b", "a,b 1 Ok(())"),
        ("/sqlite/query?SELECT+1+AS+a+WHERE+0", "a 0 Ok(())"),
        ("/sqlite/save?one", "changes 1 rowid 1"),
    ];
    for (path, expected) in cases {
        assert_eq!(app.probe(path).await, Answer::ok(expected), "{path}");
    }
    let syntax = app.probe("/sqlite/query?SELEC+1").await.text;
    assert!(syntax.contains("Error::Io") && syntax.contains("syntax error"), "{syntax}");
    let attach = app.probe("/sqlite/query?ATTACH+'/tmp/other.db'+AS+other").await.text;
    assert!(attach.contains("not authorized"), "{attach}");
}

#[tokio::test]
async fn sqlite_drops_the_transaction_of_a_guest_that_fails() {
    let app = sqlite_app().await;
    assert_eq!(app.get("/sqlite/save?before").await.status, StatusCode::OK);
    for _ in 0..3 {
        assert_eq!(app.get("/sqlite/trap-in-transaction?lost").await, FAILED);
        // The lock is free again, and this neither loses nor brings back anything.
        assert_eq!(app.get("/sqlite/save-kept?after").await, Answer::ok(""));
    }
    let rows = |note: &str| -> i64 {
        let select = "SELECT count(*) FROM notes WHERE text = ?";
        app.database().query_row(select, [note], |row| row.get(0)).expect("the table exists")
    };
    assert_eq!((rows("before"), rows("lost"), rows("after")), (1, 0, 3));
}

/// An app that may reach the test's server, the server's address, and a table `host_test` in a
/// schema of its own.
async fn postgres_app(schema: &str) -> (TestApp, String, Client) {
    let (url, client) = postgres().await;
    let setup = format!(
        "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; \
         SET search_path = {schema}; CREATE TABLE host_test (id BIGINT PRIMARY KEY)"
    );
    client.batch_execute(&setup).await.expect("the schema can be made");
    let grant = format!("allowed_outbound_hosts = [\"{}\"]", server_of(&url));
    let app = start(&probe_with(&grant)).await;
    (app, format!("{url}?options=-csearch_path%3D{schema}"), client)
}

/// The ids that others see, in order.
async fn committed(client: &Client) -> Vec<i64> {
    let rows = client.query("SELECT id FROM host_test ORDER BY id", &[]).await;
    rows.expect("the table exists").iter().map(|row| row.get(0)).collect()
}

/// The path of a question about PostgreSQL, with `+` for spaces in the value.
fn ask(question: &str, address: &str, value: &str) -> String {
    format!("/postgres/{question}?{address}&{value}")
}

#[tokio::test]
async fn postgres_values_are_those_of_spin() {
    let (app, address, _client) = postgres_app("host_types").await;
    let expected = [
        "a:DbDataType::Int64 b:DbDataType::Str c:DbDataType::Binary d:DbDataType::Jsonb \
         e:DbDataType::Int16 f:DbDataType::Boolean g:DbDataType::Str h:DbDataType::Decimal \
         i:DbDataType::ArrayStr j:DbDataType::Uuid k:DbDataType::Datetime \
         l:DbDataType::Floating64 m:DbDataType::Int32",
        "DbValue::Int64(1099511627776) DbValue::Str(\"ё\") DbValue::Binary([0, 255]) \
         DbValue::Jsonb([123, 34, 97, 34, 58, 32, 49, 125]) DbValue::Int16(1) \
         DbValue::Boolean(true) DbValue::DbNull DbValue::Decimal(\"12.50\") \
         DbValue::ArrayStr([Some(\"x\"), None]) \
         DbValue::Uuid(\"01890a5d-ac96-774b-bcce-b302099a8057\") \
         DbValue::Datetime((2026, 1, 2, 3, 4, 5, 0)) DbValue::Floating64(2.5) DbValue::Int32(7)",
    ];
    let path = ask("types", &address, "");
    assert_eq!(app.probe(&path).await, Answer::ok(&expected.join("\n")));
    for count in [0, 1, 256, 10_000] {
        let path = ask("rows", &address, &count.to_string());
        assert_eq!(app.probe(&path).await, Answer::ok(&format!("{count} rows")));
    }
}

#[tokio::test]
async fn postgres_errors_are_those_of_spin() {
    let (app, address, _client) = postgres_app("host_errors").await;
    let cases = [
        ("unique", vec!["QueryFailed", "DbError", "code: \"23505\"", "(\"table\", \"host_test\")"]),
        ("syntax", vec!["QueryFailed", "DbError", "code: \"42601\""]),
        ("type", vec!["QueryFailed", "Text", "WrongType"]),
        ("json", vec!["ValueConversionFailed", "invalid JSON {"]),
    ];
    for (how, expected) in cases {
        let answer = app.probe(&ask("fail", &address, how)).await.text;
        for word in expected {
            assert!(answer.contains(word), "{how}: {word} is missing in {answer}");
        }
    }
    let unreachable = ask("open", &address.replace("oms@", "nobody_here@"), "");
    let answer = app.probe(&unreachable).await.text;
    assert!(answer.contains("ConnectionFailed") && answer.contains("nobody_here"), "{answer}");
}

#[tokio::test]
async fn postgres_statements_survive_a_change_of_the_schema() {
    let (app, address, client) = postgres_app("host_schema").await;
    let select = ask("count", &address, "1");
    assert_eq!(app.probe(&select).await, Answer::ok("0"));
    // What was prepared gives another type of row from now on.
    let change =
        "ALTER TABLE host_test ALTER COLUMN id TYPE NUMERIC; INSERT INTO host_test VALUES (2)";
    client.batch_execute(change).await.expect("the table can be changed");
    let all = ask("execute", &address, "SELECT+*+FROM+host_test");
    assert_eq!(app.probe(&all).await, Answer::ok("1"));
    client.batch_execute("ALTER TABLE host_test ADD more TEXT").await.expect("it can be changed");
    assert_eq!(app.probe(&all).await, Answer::ok("1"));
}

#[tokio::test]
async fn a_failure_during_a_one_statement_save_harms_no_later_save() {
    let (app, address, client) = postgres_app("host_save").await;
    assert_eq!(app.get(&ask("trap-in-save", &address, "1")).await, FAILED);
    for id in 2..5 {
        let insert = format!("INSERT+INTO+host_test+VALUES+({id})");
        assert_eq!(app.get(&ask("execute", &address, &insert)).await, Answer::ok("1"));
    }
    // The server had the whole of the first save and finished it; the others stand on their own.
    assert_eq!(committed(&client).await, [1, 2, 3, 4]);
    assert_eq!(in_transaction(&client, "host_save").await, 0);
}

#[tokio::test]
async fn an_open_transaction_is_handed_on_as_on_spin() {
    let (app, address, client) = postgres_app("host_leak").await;
    assert_eq!(app.get(&ask("trap-in-transaction", &address, "1")).await, FAILED);
    let insert = ask("execute", &address, "INSERT+INTO+host_test+VALUES+(2)");
    assert_eq!(app.get(&insert).await, Answer::ok("1"));
    // This is why the product never opens a transaction: nobody else sees the row.
    assert_eq!(committed(&client).await, Vec::<i64>::new());
    assert_eq!(in_transaction(&client, "host_leak").await, 1);
    assert_eq!(app.get(&ask("commit", &address, "")).await, Answer::ok("0"));
    assert_eq!(committed(&client).await, [1, 2]);
}

/// Connections of other programs that wait inside a transaction, having last touched `schema`'s app.
async fn in_transaction(client: &Client, schema: &str) -> i64 {
    let select = "SELECT count(*) FROM pg_stat_activity a WHERE a.state LIKE 'idle in transaction%' \
        AND EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation \
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE l.pid = a.pid AND n.nspname = $1)";
    client.query_one(select, &[&schema]).await.expect("activity is readable").get(0)
}
