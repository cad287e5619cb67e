//! Instances of one component: when a new one is made, how many requests it serves, when it ends.

use std::{
    future::{Future, pending},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::Sleep};
use wasmtime::{
    Engine, Store, StoreContextMut,
    component::{GuestTaskId, InstancePre},
};
use wasmtime_wasi_http::{
    WasiHttpView,
    handler::{
        HandlerState, Instance, Proxy, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState,
        WorkerStatus,
    },
    p2, p3,
};

use crate::{
    app::ComponentConfig,
    limits::Limits,
    runtime::{LiveInstance, Phase, Services},
    state::GuestState,
};

/// Makes instances of one component.
pub(crate) struct InstanceMaker {
    engine: Engine,
    component: Arc<ComponentConfig>,
    services: Arc<Services>,
    pre: ProxyPre<GuestState>,
}

impl InstanceMaker {
    /// Fails when the component doesn't export an HTTP handler.
    pub fn new(
        engine: Engine,
        component: Arc<ComponentConfig>,
        services: Arc<Services>,
        pre: InstancePre<GuestState>,
    ) -> wasmtime::Result<Self> {
        let pre = match p3::bindings::ServicePre::new(pre.clone()) {
            Ok(service) => ProxyPre::P3(service),
            Err(no_service) => match p2::bindings::ProxyPre::new(pre) {
                Ok(proxy) => ProxyPre::P2(proxy),
                Err(_) => return Err(no_service),
            },
        };
        Ok(Self { engine, component, services, pre })
    }
}

impl HandlerState for InstanceMaker {
    type StoreData = GuestState;
    type WorkerExpiration = Lifetime;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<GuestState, Lifetime, Worker>> {
        let live = LiveInstance::new(&self.services);
        let mut store =
            GuestState::store(&self.engine, self.component.clone(), self.services.clone());
        let proxy = self.pre.instantiate_async(&mut store).await?;
        let limits = &self.services.limits;
        // An instance of the older interface can serve one request only.
        let is_reusable = matches!(proxy, Proxy::P3(_));
        Ok(Instance {
            store,
            proxy,
            view: GuestState::http,
            expiration: Lifetime::new(limits, self.services.phase.subscribe()),
            state: Worker {
                component: self.component.clone(),
                requests_max: if is_reusable { limits.requests_per_instance_max } else { 1 },
                concurrent_max: if is_reusable {
                    limits.concurrent_requests_per_instance_max
                } else {
                    1
                },
                request_timeout: limits.request_timeout,
                _live: live,
            },
        })
    }
}

/// How much one instance takes on.
pub(crate) struct Worker {
    component: Arc<ComponentConfig>,
    requests_max: usize,
    concurrent_max: usize,
    request_timeout: Option<Duration>,
    _live: LiveInstance,
}

impl WorkerState for Worker {
    type StoreData = GuestState;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.requests_max {
            ShouldAccept::Never
        } else if concurrent >= self.concurrent_max {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, GuestState>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        match self.request_timeout {
            Some(timeout) => Box::pin(tokio::time::sleep(timeout)),
            None => Box::pin(pending()),
        }
    }

    fn drop(&self, store: Store<GuestState>, result: Result<(), wasmtime::Error>) {
        if let Err(error) = result {
            eprintln!("[{}] the instance failed: {error:#}", self.component.id);
        }
        drop(store);
    }
}

/// When an instance ends without having failed.
pub(crate) struct Lifetime {
    idle_timeout: Duration,
    request_timeout: Option<Duration>,
    sleep: Pin<Box<Sleep>>,
    phase: Phase,
    next_phase: Pin<Box<dyn Future<Output = Option<watch::Receiver<Phase>>> + Send + Sync>>,
}

impl Lifetime {
    fn new(limits: &Limits, mut phase: watch::Receiver<Phase>) -> Self {
        let current = *phase.borrow_and_update();
        Self {
            idle_timeout: limits.idle_instance_timeout,
            request_timeout: limits.request_timeout,
            sleep: Box::pin(tokio::time::sleep(limits.idle_instance_timeout)),
            phase: current,
            next_phase: Box::pin(wait_for_change(phase)),
        }
    }

    fn update_phase(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(changed) = self.next_phase.as_mut().poll(cx) {
            match changed {
                Some(mut phase) => {
                    self.phase = *phase.borrow_and_update();
                    self.next_phase = Box::pin(wait_for_change(phase));
                }
                None => self.next_phase = Box::pin(pending()),
            }
        }
    }
}

async fn wait_for_change(mut phase: watch::Receiver<Phase>) -> Option<watch::Receiver<Phase>> {
    phase.changed().await.ok().map(|()| phase)
}

impl WorkerExpiration for Lifetime {
    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        let this = self.get_mut();
        this.update_phase(cx);
        let timeout = match (this.phase, status) {
            (Phase::Killing, _) | (Phase::Stopping, WorkerStatus::Idle) => return Poll::Ready(()),
            (_, WorkerStatus::Idle) => this.idle_timeout,
            (_, WorkerStatus::Requests | WorkerStatus::PostReturn) => match this.request_timeout {
                Some(timeout) => timeout,
                None => return Poll::Pending,
            },
        };
        let deadline = (start + timeout).into();
        if this.sleep.deadline() != deadline {
            this.sleep.as_mut().reset(deadline);
        }
        this.sleep.as_mut().poll(cx)
    }
}
