//! Embedded host: runs the Spin manifest on one machine.
