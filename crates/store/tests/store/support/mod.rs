//! What all tests of the store share.

pub mod database;
pub mod operator;
pub mod orders;
pub mod technicians;

/// Declares tests that must hold on both databases, one line per test. Each is an async function that gets a
/// [`TestStore`](database::TestStore).
macro_rules! on_both_databases {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[test] fn $name() {
                crate::support::database::run(crate::support::database::Kind::Sqlite, super::$name);
            })*
        }
        mod postgres {
            $(#[test] fn $name() {
                crate::support::database::run(crate::support::database::Kind::Postgres, super::$name);
            })*
        }
    };
}

pub(crate) use on_both_databases;
