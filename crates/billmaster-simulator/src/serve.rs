//! The listener. Ours rather than axum's, because a connection must be able to end without an answer.

use crate::problem::Cut;
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tower_service::Service;

/// How long to wait when a connection can't be accepted: most often there are too many.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until told to stop, then finishes what runs. Dropped, it ends all connections at once.
pub async fn serve(listener: TcpListener, router: Router, mut stopped: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, router.clone(), graceful.watcher()));
                }
                Err(error) => {
                    eprintln!("billmaster-simulator: a connection was not accepted: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            // Kept no longer than they last.
            Some(_) = connections.join_next() => {}
            // Dropped without a word counts as told.
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn converse(
    stream: TcpStream,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    if let Err(error) = stream.set_nodelay(true) {
        eprintln!("billmaster-simulator: answers may be late: {error}");
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut router = router.clone();
        async move {
            let Ok(response) = router.call(request).await;
            match response.extensions().get::<Cut>() {
                Some(Cut) => Err(std::io::Error::other("told to say nothing")),
                None => Ok(response),
            }
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // An error is the caller's going away, or our own cut: there is nobody to tell.
    let _ = watcher.watch(connection).await;
}
