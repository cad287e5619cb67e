//! `spin:variables`: the values were worked out at start, so this only looks them up.

use wasmtime::component::Accessor;

use crate::{
    bindings::spin::variables::variables::{Error, Host, HostWithStore},
    state::{Guest, GuestState},
    template,
};

impl Host for GuestState {}

impl<T: 'static> HostWithStore<T> for Guest {
    async fn get(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, Error>> {
        if let Err(reason) = template::check_name(&name) {
            return Ok(Err(Error::InvalidName(reason)));
        }
        Ok(accessor.with(|mut access| {
            let component = &access.get().component;
            component.variables.get(&name).cloned().ok_or_else(|| {
                Error::Undefined(format!("no variable for {:?}.{name:?}", component.id))
            })
        }))
    }
}
