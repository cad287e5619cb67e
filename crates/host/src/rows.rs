//! Query results on their way to a guest: `(columns, stream<row>, future<result<_, error>>)`.
//!
//! A guest reads rows as it likes, so they can't all wait in memory; but almost every answer is
//! small, so the first batch comes with the columns and nothing more has to be awaited.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::sync::{mpsc, oneshot};
use wasmtime::{
    AsContextMut, Result, StoreContextMut,
    component::{
        Destination, FutureReader, Lift, Lower, StreamProducer, StreamReader, StreamResult,
        VecBuffer,
    },
};

use crate::limits::{BATCHES_WAITING_MAX, ROWS_PER_BATCH};

/// Where a query puts its rows. Dropping it without [`RowSink::finish`] ends the answer early.
pub(crate) struct RowSink<C, R, E> {
    head: Option<oneshot::Sender<Answer<C, R, E>>>,
    columns: Option<Vec<C>>,
    batch: Vec<R>,
    batches: Option<mpsc::Sender<Vec<R>>>,
    end: Option<oneshot::Sender<Result<(), E>>>,
}

/// What is known once the first batch is full or the query is over.
pub(crate) struct Answer<C, R, E> {
    columns: Vec<C>,
    rows: RowStream<R>,
    end: End<E>,
}

enum End<E> {
    Known(Result<(), E>),
    Later(oneshot::Receiver<Result<(), E>>),
}

/// The guest no longer wants rows.
pub(crate) struct Unwanted;

impl<C, R, E> RowSink<C, R, E> {
    pub fn new() -> (Self, oneshot::Receiver<Answer<C, R, E>>) {
        let (head, answer) = oneshot::channel();
        let sink =
            Self { head: Some(head), columns: None, batch: Vec::new(), batches: None, end: None };
        (sink, answer)
    }

    pub fn set_columns(&mut self, columns: Vec<C>) {
        self.columns = Some(columns);
    }

    /// Adds a row. When it returns a full batch, that has to be sent before the next row.
    fn add(&mut self, row: R) -> Option<Vec<R>> {
        self.batch.push(row);
        (self.batch.len() >= ROWS_PER_BATCH).then(|| std::mem::take(&mut self.batch))
    }

    /// Adds a row from a thread that may wait.
    pub fn push_blocking(&mut self, row: R) -> std::result::Result<(), Unwanted> {
        let Some(batch) = self.add(row) else { return Ok(()) };
        match &self.batches {
            None => self.answer_first(batch),
            Some(batches) => batches.blocking_send(batch).map_err(|_| Unwanted),
        }
    }

    /// Adds a row from a task.
    pub async fn push(&mut self, row: R) -> std::result::Result<(), Unwanted> {
        let Some(batch) = self.add(row) else { return Ok(()) };
        match &self.batches {
            None => self.answer_first(batch),
            Some(batches) => batches.send(batch).await.map_err(|_| Unwanted),
        }
    }

    fn answer_first(&mut self, batch: Vec<R>) -> std::result::Result<(), Unwanted> {
        let (batches, more) = mpsc::channel(BATCHES_WAITING_MAX);
        let (end, known_later) = oneshot::channel();
        self.batches = Some(batches);
        self.end = Some(end);
        self.answer(batch, Some(more), End::Later(known_later))
    }

    fn answer(
        &mut self,
        first: Vec<R>,
        more: Option<mpsc::Receiver<Vec<R>>>,
        end: End<E>,
    ) -> std::result::Result<(), Unwanted> {
        let rows = RowStream { first: Some(first), more };
        let columns = self.columns.take().unwrap_or_default();
        match self.head.take() {
            Some(head) => head.send(Answer { columns, rows, end }).map_err(|_| Unwanted),
            None => Ok(()),
        }
    }

    /// Ends the answer from a thread that may wait.
    pub fn finish_blocking(mut self, result: Result<(), E>) {
        if let Some(batches) = self.batches.take() {
            let _ = batches.blocking_send(std::mem::take(&mut self.batch));
        }
        self.conclude(result);
    }

    /// Ends the answer from a task.
    pub async fn finish(mut self, result: Result<(), E>) {
        if let Some(batches) = self.batches.take() {
            let _ = batches.send(std::mem::take(&mut self.batch)).await;
        }
        self.conclude(result);
    }

    fn conclude(mut self, result: Result<(), E>) {
        // Nobody listening is no fault: the guest dropped the connection or was stopped.
        match self.end.take() {
            Some(end) => drop(end.send(result)),
            None => {
                let batch = std::mem::take(&mut self.batch);
                drop(self.answer(batch, None, End::Known(result)));
            }
        }
    }
}

impl<C, R, E> Answer<C, R, E>
where
    R: Lower + Lift + Send + Sync + Unpin + 'static,
    E: Lower + Lift + Send + Sync + 'static,
{
    /// An answer that is known as a whole.
    pub fn whole(columns: Vec<C>, rows: Vec<R>) -> Self {
        Self { columns, rows: RowStream { first: Some(rows), more: None }, end: End::Known(Ok(())) }
    }

    /// Hands the answer to the guest. `lost` is the error when the query ends without a result.
    #[expect(clippy::type_complexity, reason = "the type is the interface's")]
    pub fn into_guest(
        self,
        mut store: impl AsContextMut,
        lost: E,
    ) -> wasmtime::Result<(Vec<C>, StreamReader<R>, FutureReader<Result<(), E>>)> {
        let rows = StreamReader::new(&mut store, self.rows)?;
        let end = self.end;
        let end = FutureReader::new(&mut store, async move {
            wasmtime::error::Ok(match end {
                End::Known(result) => result,
                End::Later(result) => result.await.unwrap_or(Err(lost)),
            })
        })?;
        Ok((self.columns, rows, end))
    }
}

/// The rows of one answer, as the guest reads them.
struct RowStream<R> {
    first: Option<Vec<R>>,
    more: Option<mpsc::Receiver<Vec<R>>>,
}

impl<R: Lower + Send + Sync + Unpin + 'static, D> StreamProducer<D> for RowStream<R> {
    type Item = R;
    type Buffer = VecBuffer<R>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: StoreContextMut<'a, D>,
        mut destination: Destination<'a, R, VecBuffer<R>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let this = self.get_mut();
        let batch = match (this.first.take(), &mut this.more) {
            (Some(first), _) => Some(first),
            (None, Some(more)) => match more.poll_recv(cx) {
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                pending_or_batch => ready!(pending_or_batch),
            },
            (None, None) => None,
        };
        let is_last = batch.is_none() || this.more.is_none();
        if let Some(batch) = batch.filter(|batch| !batch.is_empty()) {
            destination.set_buffer(batch.into());
        }
        Poll::Ready(Ok(if is_last { StreamResult::Dropped } else { StreamResult::Completed }))
    }
}
