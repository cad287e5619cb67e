//! When an order will probably be completed: from the usual way, what its stages took others, and their deadlines.

#[path = "support/forms.rs"]
mod forms;
#[path = "support/orders.rs"]
#[expect(dead_code, reason = "orders are registered here with calendars of their own")]
mod orders;
#[path = "support/stories.rs"]
#[expect(dead_code, reason = "the stories are told elsewhere; here their steps prepare")]
mod stories;
#[path = "support/substitute.rs"]
mod substitute;
#[path = "support/tables.rs"]
mod tables;

use forms::{MORNING, form};
use oms_domain::calendar::{CalendarSet, Calendars};
use oms_domain::decide::{self, Context};
use oms_domain::order::{Appointment, AppointmentState, Order};
use oms_domain::projection::{Known, Medians, Outlook, median, outlook, project, usual_way};
use oms_domain::registration::Registration;
use oms_domain::scenario::built_in;
use oms_domain::time::Instant;
use orders::{actor, coverage, neighbourhood, scenario};
use serde_json::{Value, json};
use stories::{Step, Story};
use tables::cases;

/// `scenario and version | from | the stages of the usual way`
const WAYS: &str = include_str!("projection/ways.txt");
/// `form | steps before, with semicolons | what was measured: stage minutes x orders | each stage ahead: basis @ the minute
/// after the morning of the registration at which it will be left`
const PROJECTIONS: &str = include_str!("projection/projections.txt");

fn columns<const N: usize>(line: &str) -> [String; N] {
    let columns: Vec<String> = line.split('|').map(|column| column.trim().to_owned()).collect();
    columns.try_into().unwrap_or_else(|_| panic!("{line} has not {N} columns"))
}

#[test]
fn the_usual_way_is_the_shortest_to_a_completed_end() {
    for line in cases(WAYS) {
        let [name, from, expected] = columns(line);
        let (code, version) = name.split_once(' ').expect("a version");
        let version: u32 = version.parse().expect("a number");
        let is = |it: &&oms_domain::scenario::Scenario| it.code == code && it.version == version;
        let scenario = built_in().find(is).unwrap_or_else(|| panic!("no {name}"));
        let way = usual_way(scenario, &from);
        let codes = way.map(|way| way.iter().map(|stage| stage.code.clone()).collect::<Vec<_>>());
        assert_eq!(codes.map_or("no way".to_owned(), |codes| codes.join(" ")), expected, "{line}");
    }
}

/// `registered 20 x 5, repair 300 x 7`
fn medians(text: &str) -> Medians {
    let one = |entry: &str| {
        let words: Vec<&str> = entry.split_whitespace().collect();
        let [stage, minutes, "x", samples] = words[..] else { panic!("{entry}") };
        let median = json!({
            "workingMinutes": minutes.parse::<i64>().expect("minutes"),
            "samples": samples.parse::<u32>().expect("a number"),
        });
        (stage.to_owned(), serde_json::from_value(median).expect("a median"))
    };
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    Medians(entries.map(one).collect())
}

fn prepared(name: &str, steps: &str) -> Story {
    let (mut story, _) = Story::of(name);
    for step in steps.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        if let Step::Rejected(rejection) = story.step(step) {
            panic!("{step}: {rejection}");
        }
    }
    story
}

fn known<'a>(
    order: &Order,
    medians: &'a Medians,
    around: &'a oms_domain::division::Neighbourhood,
    calendars: &'a Calendars,
    now: Instant,
) -> Known<'a> {
    let scenario = scenario(&order.scenario.code);
    Known { now, scenario, medians, neighbourhood: around, calendars }
}

#[test]
fn stages_ahead_take_what_they_took_others_or_their_deadline() {
    for line in cases(PROJECTIONS) {
        let [name, steps, measured, expected] = columns(line);
        let story = prepared(&name, &steps);
        let (medians, around) = (medians(&measured), neighbourhood());
        let calendars = Calendars::round_the_clock();
        let known = known(&story.order, &medians, &around, calendars, story.now);
        let projection = project(&story.order, known);
        let shown = projection.as_ref().map_or("nobody can tell".to_owned(), |projection| {
            let stage = |stage: &oms_domain::projection::ProjectedStage| {
                let basis = serde_json::to_value(stage.basis).expect("a word");
                let minute = (stage.until.0 - MORNING.0) / 60_000;
                format!("{} {} @{minute}", stage.stage, basis.as_str().expect("a word"))
            };
            projection.stages.iter().map(stage).collect::<Vec<_>>().join(", ")
        });
        assert_eq!(shown, expected, "{line}");
        let last = projection.as_ref().and_then(|projection| projection.stages.last());
        assert_eq!(last.map(|last| last.until), projection.as_ref().map(|it| it.at), "{line}");
    }
}

#[test]
fn a_booked_visit_is_waited_for() {
    let mut order = prepared("support-individual", "support does visit because cable").order;
    let visit = |from: i64, state: AppointmentState| Appointment {
        id: "visit".to_owned(),
        technician: "anvar".to_owned(),
        technician_name: "Anvar".to_owned(),
        from: MORNING.plus_minutes(from),
        to: MORNING.plus_minutes(from + 60),
        is_override: false,
        state,
    };
    // the visit begins at | is it done | when the stage will be left, and why
    let table = [
        (4000, AppointmentState::Booked, "visit @4060"),
        (1000, AppointmentState::Booked, "deadline @2880"),
        (4000, AppointmentState::Done, "deadline @2880"),
    ];
    let (medians, around) = (Medians::default(), neighbourhood());
    for (from, state, expected) in table {
        order.appointment = Some(visit(from, state));
        let calendars = Calendars::round_the_clock();
        let known = known(&order, &medians, &around, calendars, MORNING);
        let projection = project(&order, known).expect("a way");
        let stage = json!(projection.stages[0]);
        let minute = (projection.stages[0].until.0 - MORNING.0) / 60_000;
        let shown = format!("{} @{minute}", stage["basis"].as_str().expect("a word"));
        assert_eq!(shown, expected);
    }
}

/// The technical department works from nine to six in Tashkent, with a break; everybody else round the clock. The morning
/// of the registration is 14:00 there, a Tuesday.
fn technicians_by_day() -> Calendars {
    let day = json!(["09:00-13:00", "14:00-18:00"]);
    let set = json!({ "calendars": [{
        "code": "office", "name": "Office", "timeZone": "Asia/Tashkent",
        "week": { "monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day },
    }]});
    let set = CalendarSet::read(&set, &["north-tech".to_owned()].into()).expect("no faults");
    let own = vec![("north-tech".to_owned(), set.calendars[0].clone())];
    Calendars::around(&neighbourhood(), own)
}

/// Registered by these calendars, with these fields besides.
fn registered(name: &str, more: &Value, calendars: &Calendars) -> Order {
    let mut form = form(name);
    json_patch::merge(&mut form, more);
    let registration = Registration::read(&form, MORNING).expect("it is sound");
    let (coverage, actor) = (coverage(), actor("admin"));
    let context = Context {
        now: MORNING,
        actor: &actor,
        scenario: scenario(name),
        neighbourhood: &coverage.neighbourhood,
        workforce: None,
        calendars,
    };
    let id = "019ab5c6-0000-7000-8000-000000000001".to_owned();
    let decision = decide::register(registration, id, "1".to_owned(), &coverage, context);
    decision.expect("it can be registered").order
}

#[test]
fn each_stage_counts_in_the_working_time_of_its_division() {
    // what was measured | when each stage will be left, in Tashkent
    let table = "
        registered 60 x 5, feasibility 30 x 5, contract 60 x 5, installation 480 x 5, provisioning 1 x 5 | 24T15:00 24T15:30 24T16:30 25T16:30 25T16:31
        registered 300 x 5, feasibility 30 x 5, contract 60 x 5, installation 480 x 5, provisioning 1 x 5 | 24T19:00 25T09:30 25T10:30 26T10:30 26T10:31
        registered 60 x 5, feasibility 180 x 5, contract 1440 x 5, installation 241 x 5, provisioning 1 x 5 | 24T15:00 24T18:00 25T18:00 26T14:01 26T14:02
        registered 60 x 5, feasibility 1440 x 5, contract 60 x 5, installation 60 x 5, provisioning 1 x 5 | 24T15:00 27T15:00 27T16:00 27T17:00 27T17:01
        registered 60 x 5, feasibility 1440 x 5, contract 300 x 5, installation 60 x 5, provisioning 1 x 5 | 24T15:00 27T15:00 27T20:00 30T10:00 30T10:01
    ";
    let (calendars, around) = (technicians_by_day(), neighbourhood());
    let order = registered("connect-individual", &json!({}), &calendars);
    for line in cases(table) {
        let [measured, expected] = columns(line);
        let medians = medians(&measured);
        let known = known(&order, &medians, &around, &calendars, MORNING);
        let projection = project(&order, known).expect("a way");
        let local = |at: Instant| at.plus_minutes(5 * 60).to_string()[8..16].to_owned();
        let shown: Vec<String> = projection.stages.iter().map(|it| local(it.until)).collect();
        assert_eq!(shown.join(" "), expected, "{line}");
    }
}

#[test]
fn a_promise_is_at_risk_when_the_order_is_projected_for_a_later_day() {
    // promised | what happened | the installation takes so long | projected | at risk
    let table = "
        -          |                                             | 480   | 2026-11-25 | no
        2026-11-25 |                                             | 480   | 2026-11-25 | no
        2026-11-24 |                                             | 480   | 2026-11-25 | yes
        # half past five in the evening
        2026-11-24 |                                             | 60    | 2026-11-24 | no
        # the day of whoever completes it: midnight in Tashkent is the evening before in UTC
        2026-11-25 | after 720m                                  | 60    | 2026-11-25 | no
        2026-11-24 | after 720m                                  | 60    | 2026-11-25 | yes
        # on hold without an end nobody can tell, until the day has passed
        2026-11-25 | desk holds because asleep                   | 60    | -          | no
        2026-11-25 | desk holds because asleep; after 1440m      | 60    | -          | no
        2026-11-25 | desk holds because asleep; after 2880m      | 60    | -          | yes
        2026-11-25 | desk holds for 2880m because asleep         | 60    | 2026-11-26 | yes
        2026-11-24 | desk cancels because no; after 2880m        | 60    | -          | no
    ";
    let (calendars, around) = (technicians_by_day(), neighbourhood());
    for line in cases(table) {
        let [promised, steps, minutes, projected, at_risk] = columns(line);
        let mut story = prepared("connect-individual", &steps);
        story.order.promised_date = Some(promised).filter(|promised| promised != "-");
        let measured = format!(
            "registered 60 x 5, feasibility 30 x 5, contract 60 x 5, installation {minutes} x 5, provisioning 1 x 5"
        );
        let medians = medians(&measured);
        let known = known(&story.order, &medians, &around, &calendars, story.now);
        let Outlook { projected_date, promise_at_risk, .. } = outlook(&story.order, known);
        assert_eq!(projected_date.as_deref().unwrap_or("-"), projected, "{line}");
        assert_eq!(if promise_at_risk { "yes" } else { "no" }, at_risk, "{line}");
    }
}

#[test]
fn what_a_stage_has_taken_is_told_with_the_transition_out_of_it() {
    // form | steps, the last one a transition | scenario and minutes
    let table = "
        support-individual | after 20m; support does start                                              | support-individual 20
        support-individual | support does start; after 90m; support does visit because cable                          | support-individual 90
        support-individual | after 20m; desk holds because away; after 500m; desk resumes; after 7m; support does start | support-individual 27
        support-individual | support does start; after 30m; desk holds as material because none; after 5m; desk resumes; support does visit because cable | support-individual 35
        support-individual | after 300m; support does start                                             | support-individual 300
        # out of an end, and what another system began, is not measured
        support-individual | support does solved; support does confirm; after 60m; support does reopen because again  | -
        import             | after 20m; support does start                                              | -
        import             | support does start; after 30m; support does visit because cable                          | support-individual 30
    ";
    for line in cases(table) {
        let [name, steps, expected] = columns(line);
        let (before, last) = steps.rsplit_once(';').expect("steps");
        let mut story = prepared(&name, before);
        let Step::Decided(decision) = story.step(last.trim()) else { panic!("{line}") };
        let data = &decision.events[0].data;
        let shown = match data["workingMinutes"].as_i64() {
            Some(minutes) => format!("{} {minutes}", data["scenario"].as_str().expect("a code")),
            None => "-".to_owned(),
        };
        assert_eq!(shown, expected, "{line}");
    }
}

#[test]
fn a_median_is_what_somebody_really_took() {
    let table = [
        (vec![], None),
        (vec![7], Some((1, 7))),
        (vec![9, 1], Some((2, 1))),
        (vec![9, 1, 4], Some((3, 4))),
        (vec![1000, 1, 3, 2], Some((4, 2))),
    ];
    for (measured, expected) in table {
        let found = median(measured.clone()).map(|it| (it.samples, it.working_minutes));
        assert_eq!(found, expected, "{measured:?}");
    }
}
