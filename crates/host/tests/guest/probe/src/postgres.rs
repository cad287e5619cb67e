//! What a guest does with PostgreSQL. The argument is the address, with `&` and a value where needed.

use spin_sdk::{
    pg::{Connection, ParameterValue},
    wasip3,
};

use crate::{Answer, text};

pub async fn answer(path: &str, argument: &str) -> Answer {
    let (address, value) = argument.split_once('&').unwrap_or((argument, ""));
    match path {
        "/postgres/open" => text(Connection::open(address).await.map(|_| "opened")),
        "/postgres/types" => types(address).await,
        "/postgres/rows" => rows(address, value).await,
        "/postgres/fail" => fail(address, value).await,
        "/postgres/trap-in-transaction" => trap_in_transaction(address, value).await,
        "/postgres/trap-in-save" => trap_in_save(address, value).await,
        "/postgres/commit" => execute(address, "COMMIT", &[]).await,
        "/postgres/execute" => execute(address, &value.replace('+', " "), &[]).await,
        "/postgres/count" => count(address, value).await,
        _ => Err(format!("nothing at {path}")),
    }
}

async fn open(address: &str) -> Result<Connection, String> {
    Connection::open(address).await.map_err(|error| format!("{error:?}"))
}

async fn execute(address: &str, statement: &str, values: &[ParameterValue]) -> Answer {
    let connection = open(address).await?;
    let changed = connection.execute(statement, values.to_vec()).await;
    text(changed)
}

/// Every type that the product uses, there and back.
async fn types(address: &str) -> Answer {
    let connection = open(address).await?;
    let values = vec![
        ParameterValue::Int64(1 << 40),
        ParameterValue::Str("ё".to_owned()),
        ParameterValue::Binary(vec![0, 255]),
        ParameterValue::Jsonb(br#"{"a": 1}"#.to_vec()),
        ParameterValue::Int16(1),
        ParameterValue::Boolean(true),
        ParameterValue::DbNull,
        ParameterValue::Decimal("12.50".to_owned()),
        ParameterValue::ArrayStr(vec![Some("x".to_owned()), None]),
        ParameterValue::Uuid("01890a5d-ac96-774b-bcce-b302099a8057".to_owned()),
        ParameterValue::Datetime((2026, 1, 2, 3, 4, 5, 0)),
        ParameterValue::Floating64(2.5),
        ParameterValue::Int32(7),
    ];
    let statement = "SELECT $1::int8 AS a, $2::text AS b, $3::bytea AS c, $4::jsonb AS d, $5::int2 AS e, \
        $6::bool AS f, $7::text AS g, $8::numeric AS h, $9::text[] AS i, $10::uuid AS j, $11::timestamp AS k, \
        $12::float8 AS l, $13::int4 AS m";
    let result = connection.query(statement, values).await.map_err(|error| format!("{error:?}"))?;
    let columns: Vec<_> = result
        .columns()
        .iter()
        .map(|column| format!("{}:{:?}", column.name, column.data_type))
        .collect();
    let rows = result.collect().await.map_err(|error| format!("{error:?}"))?;
    let values: Vec<_> =
        (0..columns.len()).map(|column| format!("{:?}", rows[0][column])).collect();
    Ok(format!("{}\n{}", columns.join(" "), values.join(" ")))
}

async fn rows(address: &str, count: &str) -> Answer {
    let connection = open(address).await?;
    let limit = ParameterValue::Int64(count.parse().unwrap_or_default());
    let result = connection
        .query("SELECT i FROM generate_series(1::int8, $1::int8) AS n(i)", vec![limit])
        .await
        .map_err(|error| format!("{error:?}"))?;
    let rows = result.collect().await.map_err(|error| format!("{error:?}"))?;
    Ok(format!("{} rows", rows.len()))
}

async fn fail(address: &str, how: &str) -> Answer {
    match how {
        "unique" => execute(address, "INSERT INTO host_test (id) VALUES (1), (1)", &[]).await,
        "syntax" => execute(address, "SELEC", &[]).await,
        // A text doesn't become a number by itself.
        "type" => execute(address, "SELECT $1::int8", &[ParameterValue::Str("1".to_owned())]).await,
        "json" => {
            execute(address, "SELECT $1::jsonb", &[ParameterValue::Jsonb(b"{".to_vec())]).await
        }
        _ => Err(format!("can't fail by {how}")),
    }
}

async fn trap_in_transaction(address: &str, id: &str) -> Answer {
    let connection = open(address).await?;
    for statement in ["BEGIN", &format!("INSERT INTO host_test (id) VALUES ({id})")] {
        connection.execute(statement, Vec::new()).await.map_err(|error| format!("{error:?}"))?;
    }
    std::process::abort()
}

/// Saves with one statement, as the product does, and fails while the server is at it.
async fn trap_in_save(address: &str, id: &str) -> Answer {
    let connection = open(address).await?;
    let statement = format!(
        "WITH pause AS MATERIALIZED (SELECT pg_sleep(0.3)) INSERT INTO host_test (id) SELECT {id} FROM pause"
    );
    wasip3::spawn(async move {
        let saved = connection.execute(statement, Vec::new()).await;
        assert!(saved.is_err(), "the instance should be gone by now");
    });
    wasip3::clocks::monotonic_clock::wait_for(100_000_000).await;
    std::process::abort()
}

async fn count(address: &str, id: &str) -> Answer {
    let connection = open(address).await?;
    let id = ParameterValue::Int64(id.parse().unwrap_or_default());
    let result = connection
        .query("SELECT id FROM host_test WHERE id = $1", vec![id])
        .await
        .map_err(|error| format!("{error:?}"))?;
    let rows = result.collect().await.map_err(|error| format!("{error:?}"))?;
    Ok(rows.len().to_string())
}
