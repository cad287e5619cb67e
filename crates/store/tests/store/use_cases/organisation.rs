//! The organisation and its coverage are checked as a whole and swapped as a whole, or nothing changes.

use crate::support::database::{Kind, run};
use crate::support::operator::{self, admin, division, divisions, nobody, rules};
use crate::support::orders::{MORNING, connect, saved};
use oms_app::AppError;
use oms_app::organisation::{self, lookup, replace_coverage, replace_divisions};
use oms_app::ports::Organisation;
use oms_domain::input::Fault;
use oms_domain::routing::normalise::Place;
use oms_domain::routing::{CoverageRule, Query, Street};

fn place(index: usize, column: &str) -> String {
    format!("line {} {column}", index + 2)
}

fn faults<T: std::fmt::Debug>(outcome: Result<T, AppError>) -> Vec<String> {
    match outcome {
        Err(AppError::Invalid(faults)) => faults
            .into_iter()
            .map(|Fault { pointer, code, message }| {
                assert!(message.ends_with('.'), "{message}");
                format!("{pointer} {code}")
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_tree_with_faults_changes_nothing() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let broken = vec![division("a", None, "branch"), division("b", Some("c"), "kitchen")];
        let found = faults(replace_divisions(&*store, &admin(), broken).await);
        let expected = [
            "/1/kind unknown-value",
            "/1/parentCode unknown-parent",
            " division-in-use",
            " division-in-use",
        ];
        assert_eq!(found, expected);
        assert_eq!(store.divisions().await, Ok(divisions()));
        let count = replace_divisions(&*store, &admin(), divisions()).await.expect("it is sound");
        assert_eq!(count, divisions().len());
    });
}

#[test]
fn a_division_that_an_open_order_needs_cannot_go() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        saved(&store, &connect(), MORNING).await;
        replace_coverage(&*store, &admin(), Vec::new(), place).await.expect("no rules");
        // The order is with the sales department and comes back to the technical one.
        for needed in ["north-sales", "north-tech"] {
            let mut tree = divisions();
            tree.retain(|division| division.code != needed);
            let found = faults(replace_divisions(&*store, &admin(), tree).await);
            assert_eq!(found, [" division-in-use"], "{needed}");
        }
        let mut tree = divisions();
        tree.retain(|division| !division.code.starts_with("south"));
        replace_divisions(&*store, &admin(), tree).await.expect("nobody needs the south");
    });
}

#[test]
fn rules_with_faults_change_nothing_and_each_is_told_with_its_line() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let of =
            |code: &str| CoverageRule { division_code: code.to_owned(), ..CoverageRule::default() };
        let city =
            |code: &str, city: &str| CoverageRule { city: Some(city.to_owned()), ..of(code) };
        let broken = vec![
            city("north-tech", "Tashkent"),
            city("nowhere", "Samarkand"),
            CoverageRule { house_from: Some(7), house_to: Some(3), ..of("north-tech") },
            city("south-tech", "ТАШКЕНТ"),
            city("south-tech", " tashkent "),
        ];
        let found = faults(replace_coverage(&*store, &admin(), broken, place).await);
        let expected = [
            "line 3 division_code unknown-division",
            "line 4 street invalid-rule",
            "line 4 house_to invalid-rule",
            "line 6 division_code ambiguous-coverage",
        ];
        assert_eq!(found, expected);
        assert_eq!(store.coverage().await, Ok(rules()));

        let twice = vec![city("north-tech", "Tashkent"), city("north-tech", "Tashkent")];
        let (count, warnings) =
            replace_coverage(&*store, &admin(), twice, place).await.expect("it is sound");
        assert_eq!((count, warnings.len()), (2, 1));
        assert!(warnings[0].starts_with("line 3"), "{warnings:?}");
    });
}

#[test]
fn who_operates_an_address_is_told_with_the_rules_it_beat() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        // city, street, covering division, rules beaten
        let table = [
            ("tashkent", "", "north-tech", 0),
            ("tashkent", "зеленая", "south-tech", 1),
            ("samarkand", "зеленая", "south-tech", 0),
            ("bukhara", "", "head", 0),
        ];
        for (city, street, expected, beaten) in table {
            let place = Place {
                country: "uz".to_owned(),
                city: city.to_owned(),
                street: Street::parse(street),
                ..Place::default()
            };
            let query = Query { place, ..Query::default() };
            let coverage = lookup(&*store, &admin(), query).await.expect("looked up");
            let start = coverage.neighbourhood.start().expect("a division");
            assert_eq!((start.code.as_str(), coverage.beaten.len()), (expected, beaten), "{city}");
        }
    });
}

#[test]
fn the_organisation_needs_its_rights() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let nobody = nobody();
        let refused = [
            organisation::divisions(&*store, &nobody).await.map(drop),
            organisation::rules(&*store, &nobody).await.map(drop),
            replace_divisions(&*store, &nobody, Vec::new()).await.map(drop),
            replace_coverage(&*store, &nobody, Vec::new(), place).await.map(drop),
            lookup(&*store, &nobody, Query::default()).await.map(drop),
        ];
        for outcome in refused {
            assert!(matches!(outcome, Err(AppError::RightMissing(_))), "{outcome:?}");
        }
        assert_eq!(store.divisions().await, Ok(divisions()));
        assert_eq!(store.coverage().await, Ok(rules()));
    });
}
