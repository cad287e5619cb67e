//! Rust traits and types generated from the WIT files in `wit/`; nothing else belongs here.

wasmtime::component::bindgen!({
    path: "wit",
    world: "host",
    imports: {
        // What waits for a disk or a network must not hold the thread; the rest answers at once.
        "spin:sqlite/sqlite.[method]connection.execute": async | trappable,
        "spin:postgres/postgres.[static]connection.open": async | trappable,
        "spin:postgres/postgres.[method]connection.query": async | trappable,
        "spin:postgres/postgres.[method]connection.execute": async | trappable,
        "spin:postgres/postgres.[method]connection-builder.build": async | trappable,
        default: trappable,
    },
    with: {
        "spin:sqlite/sqlite.connection": crate::sqlite::Connection,
        "spin:postgres/postgres.connection": crate::postgres::Connection,
        "spin:postgres/postgres.connection-builder": crate::postgres::ConnectionBuilder,
    },
});
