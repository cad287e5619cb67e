//! Use cases: load, decide, save; and the ports they need.
