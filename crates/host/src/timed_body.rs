//! Bodies from the network, which fail when nothing comes for too long.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};
use wasmtime_wasi_http::{Error, WasiBody};

/// `body`, ending with an error when its sender pauses for longer than `limit`.
pub(crate) fn timed(body: Incoming, limit: Duration) -> WasiBody {
    if body.is_end_stream() {
        return body.map_err(Error::from).boxed_unsync();
    }
    TimedBody { body, limit, sleep: None }.boxed_unsync()
}

struct TimedBody {
    body: Incoming,
    limit: Duration,
    /// Runs only while the body keeps its reader waiting.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.sleep = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
        }
        let waiting = this.sleep.get_or_insert_with(|| Box::pin(sleep(this.limit)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
