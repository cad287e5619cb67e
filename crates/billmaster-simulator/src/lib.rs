//! A Billmaster that can be told to misbehave.
