//! A coverage is tried out before it is stored.

use crate::support::database::{Kind, run};
use crate::support::operator::{self, admin, nobody, rules};
use crate::support::orders::{MORNING, change, connect, saved, transition};
use oms_app::AppError;
use oms_app::coverage::{Gap, check, preview};
use oms_app::ports::{Orders, Organisation, RegistrationQuery};
use oms_app::register::coverage;
use oms_domain::address::Address;
use oms_domain::catalogue::Service;
use oms_domain::routing::normalise::Place;
use oms_domain::routing::{CoverageRule, Query};
use std::collections::BTreeSet;

fn place(index: usize, column: &str) -> String {
    format!("line {} {column}", index + 2).trim_end().to_owned()
}

fn rule(division: &str, city: &str) -> CoverageRule {
    CoverageRule {
        division_code: division.to_owned(),
        city: Some(city.to_owned()),
        ..CoverageRule::default()
    }
}

fn street(division: &str, name: &str, from: u32, to: u32) -> CoverageRule {
    CoverageRule {
        street: Some(name.to_owned()),
        house_from: Some(from),
        house_to: Some(to),
        ..rule(division, "Tashkent")
    }
}

#[test]
fn a_check_tells_errors_warnings_and_addresses_that_match_nothing() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let first = saved(&store, &connect(), MORNING).await;
        let mut elsewhere = connect();
        elsewhere["address"]["flat"] = "99".into();
        let second = saved(&store, &elsewhere, MORNING.plus_minutes(1)).await;
        let tried = vec![
            rule("north-tech", "Samarkand"),
            rule("atlantis", "Bukhara"),
            rule("south-tech", "SAMARKAND"),
            street("north-tech", "Mira", 1, 50),
            street("south-tech", "Mira", 40, 60),
        ];
        let found = check(&*store, &admin(), &tried, MORNING, place).await.expect("checked");
        let codes = |faults: &[oms_domain::input::Fault]| -> Vec<String> {
            faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
        };
        let errors =
            ["line 3 division_code unknown-division", "line 4 division_code ambiguous-coverage"];
        assert_eq!(codes(&found.errors.items), errors);
        assert_eq!(codes(&found.warnings.items), ["line 6 crossing-ranges"]);
        assert_eq!((found.rules, found.orders), (5, 2));
        // Two flats of one house are one address.
        let address = Address { flat: None, ..first.address.clone() }.line();
        let gap = Gap { address, orders: 2, example: second.number };
        assert_eq!((found.gaps.items, found.gaps.total), (vec![gap], 1));
        let later = MORNING.plus_minutes(2);
        let found = check(&*store, &admin(), &tried, later, place).await.expect("checked");
        assert_eq!((found.gaps.total, found.orders), (0, 0), "older orders are not looked at");
        assert_eq!(store.coverage().await, Ok(rules()), "nothing was stored");
    });
}

#[test]
fn a_preview_names_the_open_orders_that_would_move() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let sales = saved(&store, &connect(), MORNING).await;
        let tried = vec![rule("south-tech", "Tashkent")];
        let found = preview(&*store, &admin(), &tried, 50, place).await.expect("laid over");
        let moved = &found.moves.items[0];
        assert_eq!((found.moves.total, found.orders, found.is_partial), (1, 1, false));
        assert_eq!(moved.number, sales.number);
        assert_eq!(
            (moved.from.code.as_str(), moved.to.code.as_str()),
            ("north-sales", "south-sales-a")
        );
        assert!(moved.reason.contains("south-tech division operates"), "{}", moved.reason);
        let technical = change(&store, &sales, transition("accept"), MORNING).await.expect("moved");
        let found = preview(&*store, &admin(), &tried, 50, place).await.expect("laid over");
        let moved = &found.moves.items[0];
        assert_eq!(technical.division.code, moved.from.code);
        assert_eq!(
            (moved.from.code.as_str(), moved.to.code.as_str()),
            ("north-tech", "south-tech")
        );
        let none = preview(&*store, &admin(), &[], 50, place).await.expect("laid over");
        assert_eq!(none.moves.items[0].to.code, "head", "without a rule it waits at the root");
        let capped = preview(&*store, &admin(), &[], 0, place).await.expect("laid over");
        assert_eq!((capped.moves.items.len(), capped.moves.total), (0, 1));
        let same = preview(&*store, &admin(), &rules(), 50, place).await.expect("laid over");
        assert_eq!(same.moves.total, 0, "the rules of today move nothing");
        let wrong = preview(&*store, &admin(), &[rule("atlantis", "x")], 50, place).await;
        assert!(matches!(wrong, Err(AppError::Invalid(_))), "{wrong:?}");
        assert_eq!(store.coverage().await, Ok(rules()), "nothing was stored");
    });
}

#[test]
fn a_trial_needs_the_rights_to_see_orders_and_organisation() {
    run(Kind::Sqlite, async |store| {
        let checked = check(&*store, &nobody(), &[], MORNING, place).await.map(drop);
        let previewed = preview(&*store, &nobody(), &[], 50, place).await.map(drop);
        for outcome in [checked, previewed] {
            assert!(matches!(outcome, Err(AppError::RightMissing(_))), "{outcome:?}");
        }
    });
}

#[test]
fn services_with_different_divisions_are_each_named_in_the_reason() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let phones =
            CoverageRule { service: Some(Service::Telephony), ..rule("south-tech", "Tashkent") };
        let all = [rule("north-tech", "Tashkent"), phones];
        store.replace_coverage(&all).await.expect("swapped");
        let both = BTreeSet::from([Service::Internet, Service::Telephony]);
        let place = Place { city: "tashkent".to_owned(), ..Place::default() };
        for (services, expected) in [(both, 2), (BTreeSet::from([Service::Internet]), 0)] {
            let place = Query { place: place.clone(), services };
            let query = RegistrationQuery {
                scenario_for: None,
                makers: Vec::new(),
                idempotency_key: None,
                duplicate_key: None,
                import_key: None,
                place,
            };
            let found = store.registration_context(&query).await.expect("looked up");
            let coverage = coverage(found, &query.place);
            assert_eq!(coverage.by_service.len(), expected);
            let (division, decision) = coverage.division_for(None).expect("a division");
            if expected == 2 {
                assert_eq!(division.code, "south-tech");
                let sentence = "internet is operated by north-tech division, \
                                telephony is operated by south-tech division";
                assert!(decision.reason.contains(sentence), "{}", decision.reason);
            }
        }
    });
}
