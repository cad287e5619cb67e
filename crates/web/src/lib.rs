//! What the HTTP surface of every component shares.
