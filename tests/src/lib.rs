//! Whole-app tests on the embedded host.
