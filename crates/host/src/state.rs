//! What one instance of a component has on the host's side, and the linker that connects the two.

use std::{net::SocketAddr, sync::Arc};

use wasmtime::{
    Engine, Store,
    component::{HasSelf, Linker, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView, sockets::SocketAddrUse};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::{
    app::ComponentConfig, bindings::spin, outbound_http::OutboundHttp, output::Output,
    runtime::Services,
};

/// The data of a store: everything that host functions need when a guest calls them.
pub(crate) struct GuestState {
    pub component: Arc<ComponentConfig>,
    pub services: Arc<Services>,
    pub table: ResourceTable,
    /// Open databases, to keep one instance from taking all.
    pub sqlite_connections: usize,
    pub postgres_connections: usize,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: OutboundHttp,
}

/// The key under which Spin's interfaces find [`GuestState`].
pub(crate) type Guest = HasSelf<GuestState>;

impl GuestState {
    /// A store for a new instance of `component`.
    pub fn store(
        engine: &Engine,
        component: Arc<ComponentConfig>,
        services: Arc<Services>,
    ) -> Store<Self> {
        let state = Self {
            table: ResourceTable::new(),
            sqlite_connections: 0,
            postgres_connections: 0,
            wasi: wasi(&component),
            http: WasiHttpCtx::new(),
            outbound: OutboundHttp::new(component.clone(), services.clone()),
            component,
            services,
        };
        let mut store = Store::new(engine, state);
        // A guest that computes for long lets others run after each tick of the clock.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }
}

/// Links WASI 0.2, WASI 0.3 and the interfaces of Spin; what is granted is decided on each call.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<GuestState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    spin::sqlite::sqlite::add_to_linker::<_, Guest>(&mut linker, |state| state)?;
    spin::postgres::postgres::add_to_linker::<_, Guest>(&mut linker, |state| state)?;
    spin::variables::variables::add_to_linker::<_, Guest>(&mut linker, |state| state)?;
    Ok(linker)
}

/// WASI without files, environment, arguments and names; sockets reach only what was granted.
fn wasi(component: &Arc<ComponentConfig>) -> WasiCtx {
    let granted = component.clone();
    WasiCtxBuilder::new()
        .stdout(Output::stdout(&component.id))
        .stderr(Output::stderr(&component.id))
        .allow_ip_name_lookup(false)
        // Sockets as such; where they may go is decided below.
        .allow_tcp(true)
        .allow_udp(true)
        .socket_addr_check(move |address, purpose| {
            let is_allowed = may_use_socket(&granted, address, purpose);
            Box::pin(async move { is_allowed })
        })
        .build()
}

fn may_use_socket(
    component: &ComponentConfig,
    address: SocketAddr,
    purpose: SocketAddrUse,
) -> bool {
    let scheme = match purpose {
        // Connecting binds too, to whatever address and port the system picks; a guest may not pick.
        SocketAddrUse::TcpBind | SocketAddrUse::UdpBind
            if address.ip().is_unspecified() && address.port() == 0 =>
        {
            return true;
        }
        SocketAddrUse::TcpBind | SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => {
            return false;
        }
        SocketAddrUse::TcpConnect => "tcp",
        SocketAddrUse::UdpBind | SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => "udp",
    };
    component.allowed_hosts.allows(&address.to_string(), scheme)
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for GuestState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }
}
