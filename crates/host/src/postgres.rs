use crate::{
    bindings::spin::postgres::postgres::*,
    state::{Guest, GuestState},
};
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};
#[derive(Default)]
pub(crate) struct Pools;
pub struct Connection;
pub struct ConnectionBuilder;
fn no() -> Error {
    Error::ConnectionFailed("not yet".into())
}
impl Host for GuestState {}
impl HostConnectionBuilder for GuestState {
    fn new(&mut self, _: String) -> wasmtime::Result<Resource<ConnectionBuilder>> {
        Ok(self.table.push(ConnectionBuilder)?)
    }
    fn set_ca_root(
        &mut self,
        _: Resource<ConnectionBuilder>,
        _: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(Err(no()))
    }
    async fn build(
        &mut self,
        _: Resource<ConnectionBuilder>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        Ok(Err(no()))
    }
    fn drop(&mut self, h: Resource<ConnectionBuilder>) -> wasmtime::Result<()> {
        self.table.delete(h)?;
        Ok(())
    }
}
impl HostConnection for GuestState {
    async fn open(&mut self, _: String) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        Ok(Err(no()))
    }
    async fn query(
        &mut self,
        _: Resource<Connection>,
        _: String,
        _: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<RowSet, Error>> {
        Ok(Err(no()))
    }
    async fn execute(
        &mut self,
        _: Resource<Connection>,
        _: String,
        _: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        Ok(Err(no()))
    }
    fn drop(&mut self, h: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(h)?;
        Ok(())
    }
}
impl<T: 'static> HostConnectionBuilderWithStore<T> for Guest {
    async fn build_async(
        _: &Accessor<T, Self>,
        _: Resource<ConnectionBuilder>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        Ok(Err(no()))
    }
}
impl<T: 'static> HostConnectionWithStore<T> for Guest {
    async fn open_async(
        _: &Accessor<T, Self>,
        _: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        Ok(Err(no()))
    }
    async fn query_async(
        _: &Accessor<T, Self>,
        _: Resource<Connection>,
        _: String,
        _: Vec<ParameterValue>,
    ) -> wasmtime::Result<
        Result<(Vec<Column>, StreamReader<Row>, FutureReader<Result<(), Error>>), Error>,
    > {
        Ok(Err(no()))
    }
    async fn execute_async(
        _: &Accessor<T, Self>,
        _: Resource<Connection>,
        _: String,
        _: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        Ok(Err(no()))
    }
}
