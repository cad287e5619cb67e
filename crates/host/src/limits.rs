//! Every number that bounds the host, with its reason. What Spin bounds has Spin's value.

use std::time::Duration;

/// Bounds of one running host; [`Limits::default`] suits one machine with two cores or more.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests from outside that may run at once; the others wait in the order they came.
    pub requests_max: usize,
    /// Open connections from clients; the listener stops accepting above it.
    pub connections_max: usize,
    /// Requests that one instance serves before it is replaced.
    pub requests_per_instance_max: usize,
    /// Requests that one instance serves at the same time.
    pub concurrent_requests_per_instance_max: usize,
    /// How long an instance without work is kept for the next request.
    pub idle_instance_timeout: Duration,
    /// How long an answer may take; `None` (as in Spin) lets the guest decide.
    pub request_timeout: Option<Duration>,
    /// Instances of all components together.
    pub instances_max: u32,
    /// Linear memory of one instance, in bytes.
    pub instance_memory_bytes_max: usize,
    /// How long [`crate::RunningHost::stop`] waits for requests and work after the response.
    pub grace_period: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Far above what a few cores can work on at once; each may have a connection to the
            // database, which costs memory and file handles.
            requests_max: 256,
            connections_max: 4_096,
            // Spin's default for WASI 0.3 components: small leaks die with the instance.
            requests_per_instance_max: 128,
            // Fewer than Spin's 16. An instance works on one processor at a time, so that what its requests
            // compute comes one after the other: four leave work for all processors, and none waits long
            // for its neighbours. Each instance more costs some megabytes.
            concurrent_requests_per_instance_max: 4,
            idle_instance_timeout: Duration::from_secs(1),
            request_timeout: None,
            // Spin's default. Only address space is set aside for them, no memory.
            instances_max: 1_000,
            // A document with pictures needs tens of megabytes; ten times that is a runaway guest.
            instance_memory_bytes_max: 512 << 20,
            grace_period: Duration::from_secs(10),
        }
    }
}

/// Files and connections that the process wants to be able to have open: all of the above at their most.
pub(crate) const OPEN_FILES_WANTED: u64 = 16_384;

/// SQLite connections that one instance may hold open: Spin's table size.
pub(crate) const SQLITE_CONNECTIONS_PER_INSTANCE_MAX: usize = 256;

/// How long a statement waits for another writer. SQLite's usual choice, and what Spin leaves it at.
pub(crate) const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// SQLite connections that wait for the next guest. As many as serve at once on a busy machine of a few cores; each may
/// hold 2 MiB of the database.
pub(crate) const SQLITE_IDLE_CONNECTIONS_MAX: usize = 16;

/// Prepared statements kept by each SQLite connection; the product has fewer than this.
pub(crate) const SQLITE_STATEMENTS_CACHED: usize = 128;

/// Steps of SQLite that a read may take on a thread that serves: about a millisecond.
pub(crate) const SHORT_READ_STEPS_MAX: i32 = 20_000;

/// The size of a result that is still handed over at once; copying more takes its time too.
pub(crate) const SHORT_READ_BYTES_MAX: usize = 1 << 20;

/// A read that takes longer than this on a thread that serves, for whatever reason, goes elsewhere
/// when it happens again. Above what a busy machine adds to any work now and then.
pub(crate) const SHORT_READ_TIME_MAX: Duration = Duration::from_millis(10);

/// PostgreSQL connections of one component to one address, as in Spin.
pub(crate) const POSTGRES_POOL_SIZE: usize = 64;

/// PostgreSQL addresses for which a component's pools are kept, as in Spin.
pub(crate) const POSTGRES_POOLS_MAX: usize = 16;

/// How long a guest waits for a connection when all are in use. Guests that hold one and wait for
/// another guest that wants one would otherwise wait for ever.
pub(crate) const POSTGRES_WAIT_MAX: Duration = Duration::from_secs(30);

/// How long a PostgreSQL server may take to accept a connection, or to say that an idle one lives.
pub(crate) const POSTGRES_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a PostgreSQL connection stays open for the next guest. Long enough for a quiet minute,
/// short enough that the peak of a day isn't held until the evening.
pub(crate) const POSTGRES_IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// Prepared statements kept by each PostgreSQL connection; the product has fewer than this.
pub(crate) const POSTGRES_STATEMENTS_CACHED: usize = 256;

/// PostgreSQL connections that one instance may hold open: the size of Spin's table.
pub(crate) const POSTGRES_CONNECTIONS_PER_INSTANCE_MAX: usize = 1_024;

/// The size of a query result (or of one of its rows, when streamed) that the host refuses; Spin's value.
pub(crate) const RESULT_BYTES_MAX: usize = 128 << 20;

/// Rows handed to a guest at once: enough that small answers need no second step, small enough that
/// a guest which reads slowly doesn't fill the host's memory.
pub(crate) const ROWS_PER_BATCH: usize = 256;

/// Batches that wait for a guest which reads slowly.
pub(crate) const BATCHES_WAITING_MAX: usize = 2;

/// How long an outgoing request waits for each of: connection, first byte, next bytes. Spin's value.
pub(crate) const OUTBOUND_TIMEOUT: Duration = Duration::from_secs(600);

/// How long an idle outgoing HTTP connection is kept. Below the 60 s after which most servers hang up.
pub(crate) const OUTBOUND_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Idle outgoing HTTP connections kept for each host.
pub(crate) const OUTBOUND_IDLE_PER_HOST_MAX: usize = 32;

/// Calls between components that wait for their answer. Components that call each other in a loop
/// would otherwise end only with the memory.
pub(crate) const CHAINED_REQUESTS_MAX: usize = 2_048;

/// How long a client may take for the head of a request, idle time on a kept connection included.
pub(crate) const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// The size of a request's head, in bytes: far above what browsers send. It is looked at after each
/// read, so that a head that comes in one piece may have nearly twice as much.
pub(crate) const REQUEST_HEAD_BYTES_MAX: usize = 64 << 10;

/// How long a client may pause while it sends a request's body. Without it, clients that never go
/// on would hold guests for ever.
pub(crate) const REQUEST_BODY_PAUSE_MAX: Duration = Duration::from_secs(60);

/// How long a request waits for a free instance when all of them are busy.
pub(crate) const INSTANCE_WAIT_MAX: Duration = Duration::from_secs(5);

/// How often it looks for one.
pub(crate) const INSTANCE_WAIT_STEP: Duration = Duration::from_millis(20);

/// A guest that computes gives its thread to others this often.
pub(crate) const GUEST_TIME_SLICE: Duration = Duration::from_millis(10);

/// Pages of the log of SQLite (4 KiB each) from which on it is written back: 16 MiB, as many as one part of its index holds, so
/// that a read looks into one part.
pub(crate) const SQLITE_LOG_PAGES: i32 = 4_000;
