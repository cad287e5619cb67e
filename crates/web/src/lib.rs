//! What the HTTP surface of every component shares: who calls and what they may, bodies and parameters with every fault
//! at once, problem documents, ETags, cursors, and the nudges that follow an answer.

mod body;
mod caller;
mod changed;
mod conditional;
mod language;
mod list;
mod note;
mod nudge;
mod parameters;
mod problem;
mod sentences;
mod serve;
mod subscriber;

pub use body::{
    JsonBody, RawBody, is_csv, json_body, json_body_up_to, media_type, read_body, read_entries,
};
pub use caller::{
    SESSION_COOKIE, Session, bearer, clear_cookie, cookie_of, require_right, session_cookie,
    set_cookie,
};
pub use changed::{changed, preview, required_version};
pub use conditional::{entity_tag, if_match, none_match_hits};
pub use language::language;
pub use list::list_answer;
pub use note::{note_read, note_reads};
pub use nudge::nudge;
pub use oms_store::SCHEMA_VERSION;
pub use parameters::{Parameters, decode_cursor, encode_cursor};
pub use problem::{Problem, json_answer, json_text_answer};
pub use serve::{backend, clock, serve};
pub use subscriber::{PROFILE_COOKIE, SubscriberSession};

use oms_store::Store;
use oms_store::spin::SpinDatabase;

/// The ports of a component, over the database that its variables name.
pub type Backend = Store<SpinDatabase>;
