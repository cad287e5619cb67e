//! Orders for a day to come: the day is that of the division's own wall, and it moves until it has come.

use crate::orders::{MORNING, actor, coverage, form, scenario};
use crate::tables::cases;
use crate::tell;
use oms_domain::amendment::Amendment;
use oms_domain::calendar::{Calendar, Calendars};
use oms_domain::decide::{self, Command, Context, Decision};
use oms_domain::input::Faults;
use oms_domain::order::Order;
use oms_domain::registration::Registration;
use oms_domain::rejection::Rejection;
use oms_domain::time::Instant;
use serde_json::{Value, json};

/// Everybody works round the clock in this zone.
fn calendars(zone: &str) -> Calendars {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let week: serde_json::Map<String, Value> =
        days.iter().map(|day| ((*day).to_owned(), json!(["00:00-24:00"]))).collect();
    let document = json!({ "code": "here", "name": "Here", "timeZone": zone, "week": week });
    let faults = Faults::default();
    let calendar = faults.document(&document).and_then(|reader| Calendar::read(&reader));
    let given = vec![("head".to_owned(), calendar.expect("a calendar"))];
    Calendars::around(&coverage().neighbourhood, given)
}

fn registered(date: &str, calendars: &Calendars, now: Instant) -> Decision {
    let mut form = form("connect-individual");
    form["requestedStartDate"] = json!(date);
    let registration = Registration::read(&form, now).unwrap_or_else(|faults| panic!("{faults:?}"));
    let (coverage, actor) = (coverage(), actor("admin"));
    let context = Context {
        now,
        actor: &actor,
        scenario: scenario("connect-individual"),
        neighbourhood: &coverage.neighbourhood,
        workforce: None,
        calendars,
    };
    let (id, number) = ("an-id".to_owned(), "261124-4801-9372".to_owned());
    decide::register(registration, id, number, &coverage, context).expect("it is registered")
}

fn amended(
    order: &Order,
    patch: &Value,
    calendars: &Calendars,
    now: Instant,
) -> Result<Decision, String> {
    let amendment = Amendment::read(order, patch, now)
        .map_err(|faults| format!("{} {}", faults[0].pointer, faults[0].code))?;
    let (coverage, actor) = (coverage(), actor("desk"));
    let context = Context {
        now,
        actor: &actor,
        scenario: scenario("connect-individual"),
        neighbourhood: &coverage.neighbourhood,
        workforce: None,
        calendars,
    };
    let command = Command::Amend { amendment: Box::new(amendment), coverage: None };
    decide::decide(order, command, context).map_err(|rejection: Rejection| rejection.code().into())
}

/// Until when the order waits.
fn waits(order: &Order) -> String {
    let until = order.hold.as_ref().and_then(|hold| hold.until);
    until.map_or("starts".to_owned(), |until| until.to_string())
}

#[test]
fn the_day_begins_where_the_division_is() {
    // zone | registered at | the day | until when the order waits
    let table = "
        UTC               | 2026-11-24T09:00:00Z | 2026-11-28 | 2026-11-28T00:00:00.000Z
        Asia/Tashkent     | 2026-11-24T09:00:00Z | 2026-11-28 | 2026-11-27T19:00:00.000Z
        America/New_York  | 2026-11-24T09:00:00Z | 2026-11-28 | 2026-11-28T05:00:00.000Z
        # today, and what is today there alone
        Asia/Tashkent     | 2026-11-24T09:00:00Z | 2026-11-24 | starts
        Asia/Tashkent     | 2026-11-24T20:00:00Z | 2026-11-25 | starts
        UTC               | 2026-11-24T20:00:00Z | 2026-11-25 | 2026-11-25T00:00:00.000Z
        America/New_York  | 2026-11-25T03:00:00Z | 2026-11-24 | starts
        America/New_York  | 2026-11-25T03:00:00Z | 2026-11-25 | 2026-11-25T05:00:00.000Z
        # the clock is put forward over midnight: the day begins at one
        Asia/Beirut       | 2026-03-20T09:00:00Z | 2026-03-29 | 2026-03-28T22:00:00.000Z
        # it is put back to midnight: the day begins once
        America/Havana    | 2026-10-20T09:00:00Z | 2026-11-01 | 2026-11-01T04:00:00.000Z
    ";
    for line in cases(table) {
        let [zone, now, day, expected] = line.split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let now = Instant::parse(now).expect(line);
        assert_eq!(waits(&registered(day, &calendars(zone), now).order), expected, "{line}");
    }
}

#[test]
fn the_day_moves_until_it_has_come() {
    // zone | what is amended of an order for 2026-11-28, registered on 24 November | when | until when it waits, or why not
    let table = r#"
        Asia/Tashkent    | {"requestedStartDate":"2026-12-01"} | 2026-11-25T09:00:00Z | 2026-11-30T19:00:00.000Z
        Asia/Tashkent    | {"requestedStartDate":"2026-11-26"} | 2026-11-25T09:00:00Z | 2026-11-25T19:00:00.000Z
        Asia/Tashkent    | {"requestedStartDate":"2026-11-25"} | 2026-11-25T09:00:00Z | starts
        Asia/Tashkent    | {"requestedStartDate":"2026-11-24"} | 2026-11-25T09:00:00Z | start-date-has-passed
        Asia/Tashkent    | {"requestedStartDate":"2026-11-20"} | 2026-11-25T09:00:00Z | /requestedStartDate in-the-past
        Asia/Tashkent    | {"requestedStartDate":null}         | 2026-11-25T09:00:00Z | starts
        Asia/Tashkent    | {"requestedStartDate":"soon"}       | 2026-11-25T09:00:00Z | /requestedStartDate invalid-date
        # what is today is told by the wall of the division
        Asia/Tashkent    | {"requestedStartDate":"2026-11-25"} | 2026-11-25T20:00:00Z | start-date-has-passed
        Asia/Tashkent    | {"requestedStartDate":"2026-11-26"} | 2026-11-25T20:00:00Z | starts
        UTC              | {"requestedStartDate":"2026-11-25"} | 2026-11-25T20:00:00Z | starts
        America/New_York | {"requestedStartDate":"2026-11-24"} | 2026-11-25T03:00:00Z | starts
        America/New_York | {"requestedStartDate":"2026-11-24"} | 2026-11-25T05:00:00Z | start-date-has-passed
        # it has come, whether somebody has looked or not
        Asia/Tashkent    | {"requestedStartDate":"2026-12-01"} | 2026-11-27T18:59:59Z | 2026-11-30T19:00:00.000Z
        Asia/Tashkent    | {"requestedStartDate":"2026-12-01"} | 2026-11-27T19:00:00Z | order-has-started
        Asia/Tashkent    | {"requestedStartDate":null}         | 2026-11-27T19:00:00Z | order-has-started
        Asia/Tashkent    | {"requestedStartDate":"2026-11-28"} | 2026-11-30T09:00:00Z | nothing
        # the end must not come before it
        UTC              | {"requestedDate":"2026-11-27"}      | 2026-11-25T09:00:00Z | /requestedStartDate after-the-end
        UTC              | {"requestedDate":"2026-11-28"}      | 2026-11-25T09:00:00Z | 2026-11-28T00:00:00.000Z
        UTC              | {"requestedDate":"2026-12-24","requestedStartDate":"2026-12-24"} | 2026-11-25T09:00:00Z | 2026-12-24T00:00:00.000Z
        UTC              | {"requestedDate":"2026-12-01"}      | 2026-11-30T09:00:00Z | 2026-11-28T00:00:00.000Z
        # nothing else moves it
        UTC              | {"priority":"high"}                 | 2026-11-25T09:00:00Z | 2026-11-28T00:00:00.000Z
    "#;
    for line in cases(table) {
        let [zone, patch, now, expected] = line.split(" | ").map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let calendars = calendars(zone);
        let order = registered("2026-11-28", &calendars, MORNING).order;
        let patch: Value = serde_json::from_str(patch).expect(line);
        let found = match amended(&order, &patch, &calendars, Instant::parse(now).expect(line)) {
            Ok(decision) if decision.is_empty() => "nothing".to_owned(),
            Ok(decision) => waits(&decision.order),
            Err(refused) => refused,
        };
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn another_day_is_told_and_an_order_that_has_started_keeps_its_day() {
    tell(
        "connect-later",
        r#"
        registration                                           => held registered north-sales | registered routed held |
        nobody amends {"requestedStartDate":"2026-12-01"}      => ! right-missing
        desk amends {"requestedStartDate":"2026-12-01"}        => held registered north-sales | amended held |
        after 5220m
        system checks                                          => nothing
        desk amends {"requestedStartDate":"2026-11-28"}        => acknowledged registered north-sales | amended resumed |
        desk amends {"requestedStartDate":"2026-12-01"}        => ! order-has-started
        sales does accept
        desk amends {"requestedStartDate":null}                => ! order-has-started
        desk amends {"requestedDate":"2026-11-28"}             => inProgress feasibility north-tech | amended |
        "#,
    );
    tell(
        "connect-later",
        r#"
        registration                                           => held registered north-sales | registered routed held |
        desk resumes                                           => acknowledged registered north-sales | resumed |
        desk amends {"requestedStartDate":"2026-12-01"}        => ! order-has-started
        desk amends {"requestedDate":"2026-11-26"}             => acknowledged registered north-sales | amended |
        "#,
    );
    tell(
        "connect-individual",
        r#"
        registration                                           => acknowledged registered north-sales | registered routed |
        desk amends {"requestedStartDate":"2026-12-01"}        => ! order-has-started
        desk amends {"requestedStartDate":null}                => nothing
        "#,
    );
}
