//! `spin:sqlite`: the `default` database, a file. Opening gives the guest a connection of its own;
//! which guest may open is decided by `sqlite_databases` in the manifest.
//!
//! Statements run on threads that may wait, because SQLite waits for the disk and for other writers;
//! short reads run at once.

mod connection;
mod idle;
mod short_read;
mod write_ahead_log;

use std::sync::Arc;

use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

pub use self::connection::Connection;
pub(crate) use self::connection::Database;
use crate::{
    app::DEFAULT_DATABASE,
    bindings::spin::sqlite::sqlite::{
        Error, Host, HostConnection, HostConnectionWithStore, QueryResult, RowResult, Value,
    },
    limits::SQLITE_CONNECTIONS_PER_INSTANCE_MAX,
    state::{Guest, GuestState},
};

impl Host for GuestState {}

impl GuestState {
    /// Grants come before existence: a guest must not find out which databases there are.
    fn open_database(
        &mut self,
        label: &str,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        if !self.component.sqlite_databases.contains(label) {
            return Ok(Err(Error::AccessDenied));
        }
        if label != DEFAULT_DATABASE {
            return Ok(Err(Error::NoSuchDatabase));
        }
        if self.sqlite_connections >= SQLITE_CONNECTIONS_PER_INSTANCE_MAX {
            return Ok(Err(Error::Io("too many connections opened".to_owned())));
        }
        let connection = self.table.push(self.services.database.connect())?;
        self.sqlite_connections += 1;
        Ok(Ok(connection))
    }

    fn sqlite_connection(&self, handle: &Resource<Connection>) -> Result<Connection, Error> {
        self.table.get(handle).cloned().map_err(|_| Error::InvalidConnection)
    }
}

impl HostConnection for GuestState {
    fn open(&mut self, database: String) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        self.open_database(&database)
    }

    async fn execute(
        &mut self,
        handle: Resource<Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        match self.sqlite_connection(&handle) {
            Ok(connection) => Ok(connection.collect(statement, parameters).await),
            Err(error) => Ok(Err(error)),
        }
    }

    fn last_insert_rowid(&mut self, handle: Resource<Connection>) -> wasmtime::Result<i64> {
        Ok(self.table.get(&handle)?.last_insert_rowid())
    }

    fn changes(&mut self, handle: Resource<Connection>) -> wasmtime::Result<u64> {
        Ok(self.table.get(&handle)?.changes())
    }

    fn drop(&mut self, handle: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        self.sqlite_connections -= 1;
        Ok(())
    }
}

impl<T: 'static> HostConnectionWithStore<T> for Guest {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        database: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        accessor.with(|mut access| access.get().open_database(&database))
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<
        Result<(Vec<String>, StreamReader<RowResult>, FutureReader<Result<(), Error>>), Error>,
    > {
        let connection = match accessor.with(|mut access| access.get().sqlite_connection(&handle)) {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        match connection.stream(statement, parameters).await {
            Ok(answer) => accessor
                .with(|access| {
                    answer.into_guest(access, Error::Io(connection::INTERRUPTED.to_owned()))
                })
                .map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn last_insert_rowid_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<Connection>,
    ) -> wasmtime::Result<i64> {
        accessor.with(|mut access| access.get().last_insert_rowid(handle))
    }

    async fn changes_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<Connection>,
    ) -> wasmtime::Result<u64> {
        accessor.with(|mut access| access.get().changes(handle))
    }
}

/// The database that all components of an app share.
pub(crate) type SharedDatabase = Arc<Database>;
