//! The store on real databases: one contract that SQLite and PostgreSQL keep alike, and the use cases on top of it.
//!
//! PostgreSQL is the server that the variable `OMS_TEST_POSTGRES` names; every test makes a database of its own there.

mod support;

mod contract {
    mod calendars;
    mod documents;
    mod lists;
    mod notices;
    mod organisation;
    mod outbox;
    mod plans;
    mod races;
    mod reads;
    mod routed;
    mod saving;
    mod scenarios;
    mod schema;
    mod search;
    mod upgrades;
    mod visits;
}

mod use_cases {
    mod branches;
    mod changing;
    mod coverage;
    mod divided;
    mod documents;
    mod executing;
    mod identity;
    mod organisation;
    mod registering;
    mod scenarios;
    mod scoped;
    mod services;
    mod subscribers;
    mod ticking;
    mod visiting;
}
