//! `spin:postgres`: connections to the servers that `allowed_outbound_hosts` names, from a pool.
//!
//! As in Spin, a connection that a guest gives back keeps its transaction: whoever leaves one open
//! hands it to the next. The product saves in single statements, which leave nothing open.

#![expect(clippy::result_large_err, reason = "the error's type is the interface's")]

mod columns;
mod parameters;
mod pool;
mod query;

use std::sync::Arc;

use tokio_postgres::config::{Config, Host as ServerHost};
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

pub(crate) use self::pool::Pools;
use self::query::Client;
use crate::{
    app::ComponentConfig,
    bindings::spin::postgres::postgres::{
        Column, Error, Host, HostConnection, HostConnectionBuilder, HostConnectionBuilderWithStore,
        HostConnectionWithStore, ParameterValue, QueryError, Row, RowSet,
    },
    limits::POSTGRES_CONNECTIONS_PER_INSTANCE_MAX,
    runtime::Services,
    state::{Guest, GuestState},
    tls,
};

/// What a guest's handle stands for.
pub struct Connection(Arc<Client>);

/// An address, and the authority (PEM) that the server's certificate may come from.
#[derive(Clone)]
pub struct ConnectionBuilder {
    address: String,
    ca_root: Option<String>,
}

/// What opening needs, so that it can go on without the guest's store.
struct Opening {
    component: Arc<ComponentConfig>,
    services: Arc<Services>,
    target: ConnectionBuilder,
}

impl Opening {
    async fn open(self) -> Result<Client, Error> {
        check_allowed(&self.component, &self.target.address)?;
        let ConnectionBuilder { address, ca_root } = &self.target;
        let pools = &self.services.postgres;
        let connection = pools.connect(&self.component.id, address, ca_root.as_deref()).await;
        connection.map(Client::new).map_err(Error::ConnectionFailed)
    }
}

/// Every server of the address has to be allowed: any of them may be the one that answers.
fn check_allowed(component: &ComponentConfig, address: &str) -> Result<(), Error> {
    let failed = |reason: String| Err(Error::ConnectionFailed(reason));
    let config = match address.parse::<Config>() {
        Ok(config) => config,
        Err(error) => return failed(error.to_string()),
    };
    if !config.get_hostaddrs().is_empty() {
        return failed("hostaddr is not supported, only host".to_owned());
    }
    let ports = config.get_ports();
    for (index, host) in config.get_hosts().iter().enumerate() {
        let ServerHost::Tcp(host) = host else {
            return failed("Unix sockets are not supported on WebAssembly".to_owned());
        };
        // One port is for all hosts, several are for one each.
        let port = if ports.len() == 1 { ports.first() } else { ports.get(index) };
        let url = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        if !component.allowed_hosts.allows(&url, "postgres") {
            return failed(format!("address postgres://{url} is not permitted"));
        }
    }
    Ok(())
}

impl Host for GuestState {}

impl GuestState {
    fn opening(&self, target: ConnectionBuilder) -> Opening {
        Opening { component: self.component.clone(), services: self.services.clone(), target }
    }

    fn opening_built(&self, builder: &Resource<ConnectionBuilder>) -> Result<Opening, Error> {
        let built = self.table.get(builder);
        let target = built.map_err(|_| Error::ConnectionFailed("no builder found".to_owned()))?;
        Ok(self.opening(target.clone()))
    }

    fn keep_connection(
        &mut self,
        opened: Result<Client, Error>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let client = match opened {
            Ok(client) => client,
            Err(error) => return Ok(Err(error)),
        };
        if self.postgres_connections >= POSTGRES_CONNECTIONS_PER_INSTANCE_MAX {
            return Ok(Err(Error::ConnectionFailed("too many connections".to_owned())));
        }
        let connection = self.table.push(Connection(Arc::new(client)))?;
        self.postgres_connections += 1;
        Ok(Ok(connection))
    }

    fn postgres_client(&self, handle: &Resource<Connection>) -> Result<Arc<Client>, Error> {
        let connection = self.table.get(handle);
        connection
            .map(|connection| connection.0.clone())
            .map_err(|_| Error::ConnectionFailed("no connection found".to_owned()))
    }
}

fn address_only(address: String) -> ConnectionBuilder {
    ConnectionBuilder { address, ca_root: None }
}

impl HostConnectionBuilder for GuestState {
    fn new(&mut self, address: String) -> wasmtime::Result<Resource<ConnectionBuilder>> {
        Ok(self.table.push(address_only(address))?)
    }

    fn set_ca_root(
        &mut self,
        handle: Resource<ConnectionBuilder>,
        certificate: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        if let Err(reason) = tls::connector(Some(&certificate)) {
            return Ok(Err(Error::Other(format!("invalid root certificate: {reason}"))));
        }
        self.table.get_mut(&handle)?.ca_root = Some(certificate);
        Ok(Ok(()))
    }

    async fn build(
        &mut self,
        handle: Resource<ConnectionBuilder>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let opened = match self.opening_built(&handle) {
            Ok(opening) => opening.open().await,
            Err(error) => Err(error),
        };
        self.keep_connection(opened)
    }

    fn drop(&mut self, handle: Resource<ConnectionBuilder>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl HostConnection for GuestState {
    async fn open(
        &mut self,
        address: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let opened = self.opening(address_only(address)).open().await;
        self.keep_connection(opened)
    }

    async fn query(
        &mut self,
        handle: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<RowSet, Error>> {
        match self.postgres_client(&handle) {
            Ok(client) => Ok(client.collect(&statement, parameters).await),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn execute(
        &mut self,
        handle: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        match self.postgres_client(&handle) {
            Ok(client) => Ok(client.execute(&statement, parameters).await),
            Err(error) => Ok(Err(error)),
        }
    }

    fn drop(&mut self, handle: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        self.postgres_connections -= 1;
        Ok(())
    }
}

impl<T: 'static> HostConnectionBuilderWithStore<T> for Guest {
    async fn build_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<ConnectionBuilder>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let opened = match accessor.with(|mut access| access.get().opening_built(&handle)) {
            Ok(opening) => opening.open().await,
            Err(error) => Err(error),
        };
        accessor.with(|mut access| access.get().keep_connection(opened))
    }
}

impl<T: 'static> HostConnectionWithStore<T> for Guest {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        address: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let opening = accessor.with(|mut access| access.get().opening(address_only(address)));
        let opened = opening.open().await;
        accessor.with(|mut access| access.get().keep_connection(opened))
    }

    async fn query_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> wasmtime::Result<
        Result<(Vec<Column>, StreamReader<Row>, FutureReader<Result<(), Error>>), Error>,
    > {
        let answer = match accessor.with(|mut access| access.get().postgres_client(&handle)) {
            Ok(client) => client.stream(&statement, parameters).await,
            Err(error) => Err(error),
        };
        let lost = || Error::QueryFailed(QueryError::Text("the query was interrupted".to_owned()));
        match answer {
            Ok(answer) => accessor.with(|access| answer.into_guest(access, lost())).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        match accessor.with(|mut access| access.get().postgres_client(&handle)) {
            Ok(client) => Ok(client.execute(&statement, parameters).await),
            Err(error) => Ok(Err(error)),
        }
    }
}
