//! What guests print, line by line on the host's own output, with the component's name in front.

use std::{
    io::{self, Write},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// A line longer than this is printed in parts; a guest that never ends its line must not fill memory.
const LINE_BYTES_MAX: usize = 64 << 10;

/// One of the two outputs of an instance. Clones share the line that isn't finished yet.
#[derive(Clone)]
pub(crate) struct Output {
    is_stderr: bool,
    prefix: Arc<str>,
    line: Arc<Mutex<Vec<u8>>>,
}

impl Output {
    pub fn stdout(component: &str) -> Self {
        Self::new(component, false)
    }

    pub fn stderr(component: &str) -> Self {
        Self::new(component, true)
    }

    fn new(component: &str, is_stderr: bool) -> Self {
        Self { is_stderr, prefix: format!("[{component}] ").into(), line: Arc::default() }
    }

    fn push(&self, bytes: &[u8]) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if part.ends_with(b"\n") || line.len() > LINE_BYTES_MAX {
                self.print(&mut line);
            }
        }
    }

    fn print(&self, line: &mut Vec<u8>) {
        if line.is_empty() {
            return;
        }
        let mut text = self.prefix.as_bytes().to_vec();
        text.append(line);
        if !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        // A closed terminal must not fail the guest.
        let _ = if self.is_stderr {
            io::stderr().lock().write_all(&text)
        } else {
            io::stdout().lock().write_all(&text)
        };
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if Arc::strong_count(&self.line) == 1 {
            let mut line =
                std::mem::take(&mut *self.line.lock().unwrap_or_else(PoisonError::into_inner));
            self.print(&mut line);
        }
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Output {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.push(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
