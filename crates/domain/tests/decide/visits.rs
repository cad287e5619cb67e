//! Visits: booked with the stage that needs one, moved, released, done.

use crate::orders::{MORNING, actor, neighbourhood};
use crate::stories::{Step, Story};
use crate::tables::cases;
use oms_domain::decide::{
    AskedSlot, BookingChange, Command, Context, VisitRequest, available, decide,
    workforce_for_all_transitions, workforce_wanted,
};
use oms_domain::rejection::Rejection;
use oms_domain::scenario;
use oms_domain::time::Instant;
use oms_domain::workforce::{Booking, Organisation, Technician, Workforce, read_list};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Anvar and Bekzod of the technical department of the north, from 9 to 18 in Tashkent; half an hour between two visits.
pub fn workforce(bookings: &[(&str, &str, i64)]) -> Workforce {
    let divisions = BTreeSet::from(["north-tech".to_owned()]);
    let week = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let week: BTreeMap<&str, [&str; 1]> =
        week.into_iter().map(|day| (day, ["09:00-18:00"])).collect();
    let technician = |code: &str, name: &str| {
        json!({
            "code": code, "name": name, "homeDivision": "north-tech", "skills": ["internet"],
            "timezone": "Asia/Tashkent", "workingPattern": week, "travelBufferMinutes": 30,
        })
    };
    let document = json!([technician("anvar", "Anvar"), technician("bekzod", "Bekzod")]);
    let organisation = Organisation { divisions: &divisions, booked: &[] };
    let technicians: Vec<Technician> = read_list(&document, organisation).expect("a sound list");
    let booking = |(technician, from, minutes): &(&str, &str, i64)| {
        let from = Instant::parse(from).expect("a time");
        let (technician, order_id) = ((*technician).to_owned(), "another".to_owned());
        Booking { technician, order_id, from, to: from.plus_minutes(*minutes) }
    };
    Workforce {
        is_registered: true,
        technicians: BTreeMap::from([("north-tech".to_owned(), technicians)]),
        bookings: bookings.iter().map(booking).collect(),
    }
}

fn story(workforce: Workforce) -> Story {
    let support = scenario::find("support-individual", 2).expect("the version with visits");
    let (mut story, _) = Story::in_scenario("support-individual", support);
    story.workforce = workforce;
    story
}

/// What a step came to: the visit, what becomes of bookings, and what the history says of it.
fn told(step: Step, story: &Story) -> String {
    let decision = match step {
        Step::Time => return "time".to_owned(),
        Step::Rejected(rejection) => return format!("! {}", rejection.code()),
        Step::Decided(decision) => decision,
    };
    let visit = story.order.appointment.as_ref().map_or("-".to_owned(), |it| {
        let over = if it.is_override { " over" } else { "" };
        format!("{} {}{over} {:?}", it.technician, &it.from.to_string()[5..16], it.state)
    });
    let change = |change: &BookingChange| match change {
        BookingChange::Book { id, .. } => {
            assert_eq!(Some(id), story.order.appointment.as_ref().map(|it| &it.id));
            "book"
        }
        BookingChange::Release { .. } => "release",
        BookingChange::Done { .. } => "done",
    };
    let changes: Vec<&str> = decision.bookings.iter().map(change).collect();
    let visits: Vec<String> = decision
        .events
        .iter()
        .filter(|event| format!("{:?}", event.event_type).starts_with("Visit"))
        .map(|event| event.summary.clone())
        .collect();
    format!("{visit} | {} | {}", changes.join(" "), visits.join(" ")).trim_end().to_owned()
}

/// Each is a story of its own: steps before, the step, and what it comes to. It is 14:00 in Tashkent.
const STORIES: &str = "
    # Booked with the transition: the first that is free, or the one that is asked for
     ; desk does visit => ! right-missing
     ; admin does visit => anvar 11-24T09:00 Booked | book | Anvar comes on 2026-11-24 14:00.
     ; admin does visit at=2026-11-25T04:10:00Z => anvar 11-25T04:10 Booked | book | Anvar comes on 2026-11-25 09:10.
     ; admin does visit at=2026-11-25T04:00:00Z who=bekzod => bekzod 11-25T04:00 Booked | book | Bekzod comes on 2026-11-25 09:00.
     ; admin does visit at=2026-11-25T04:00:00Z who=clara => ! technician-unknown
     ; admin does visit at=2026-11-25T03:30:00Z => ! no-free-slot
     ; admin does visit at=2026-11-28T05:00:00Z => ! no-free-slot
     ; admin does visit at=2026-11-24T08:59:00Z => ! slot-out-of-reach
     ; admin does visit at=2027-02-22T09:01:00Z => ! slot-out-of-reach
     ; admin does visit at=2027-02-22T09:00:00Z => anvar 02-22T09:00 Booked | book | Anvar comes on 2027-02-22 14:00.

    # Over what there is to do, with the right to it
     ; support does visit at=2026-11-28T05:00:00Z over=true => ! right-missing
     ; admin does visit at=2026-11-28T05:00:00Z over=true => anvar 11-28T05:00 over Booked | book | Anvar comes on 2026-11-28 10:00, over what there is to do.
     ; admin does visit at=2026-11-28T05:00:00Z who=bekzod over=true => bekzod 11-28T05:00 over Booked | book | Bekzod comes on 2026-11-28 10:00, over what there is to do.
     ; admin does visit at=2026-11-25T04:00:00Z over=true => anvar 11-25T04:00 Booked | book | Anvar comes on 2026-11-25 09:00.
     ; admin does visit over=true => - |  | No visit was booked: it was decided to go on without one.

    # Moved
     ; admin moves at=2026-11-25T05:00:00Z because she asked => ! no-visit-here
    admin does visit ; desk moves at=2026-11-25T05:00:00Z because she asked => ! right-missing
    admin does visit ; tech moves at=2026-11-25T05:00:00Z because she asked => anvar 11-25T05:00 Booked | release book | Anvar now comes on 2026-11-25 10:00.
    admin does visit ; support moves at=2026-11-24T09:30:00Z because she asked => anvar 11-24T09:30 Booked | release book | Anvar now comes on 2026-11-24 14:30.
    admin does visit ; admin moves at=2026-11-24T09:00:00Z because she asked => anvar 11-24T09:00 Booked |  |
    admin does visit ; admin moves at=2026-11-24T09:00:00Z who=bekzod because she asked => bekzod 11-24T09:00 Booked | release book | Bekzod now comes on 2026-11-24 14:00.
    admin does visit ; admin moves at=2026-11-28T05:00:00Z because she asked => ! no-free-slot
    admin does visit ; tech moves at=2026-11-28T05:00:00Z over=true because she asked => ! right-missing
    admin does visit ; admin moves at=2026-11-28T05:00:00Z over=true because she asked => anvar 11-28T05:00 over Booked | release book | Anvar now comes on 2026-11-28 10:00, over what there is to do.
    admin does visit, admin cancels because moved ; desk moves at=2026-11-25T05:00:00Z because she asked => ! right-missing
    admin does visit, admin cancels because moved ; tech moves at=2026-11-25T05:00:00Z because she asked => ! order-is-closed

    # Released by a hold and by a cancellation; booked anew after the hold
    admin does visit ; admin holds because she is away => - | release | Anvar does not come: the order is on hold.
    admin does visit, admin holds because she is away ; admin moves at=2026-11-25T05:00:00Z because back => ! order-is-held
    admin does visit, admin holds because she is away ; admin resumes => - |  |
    admin does visit, admin holds because she is away, admin resumes ; admin moves at=2026-11-25T05:00:00Z because back => anvar 11-25T05:00 Booked | book | Anvar comes on 2026-11-25 10:00.
    admin does visit ; admin asks because she moved => anvar 11-24T09:00 Booked |  |
    admin does visit, admin asks because she moved ; admin refuses because she stays => anvar 11-24T09:00 Booked |  |
    admin does visit, admin asks because she moved ; admin grants because so => - | release | Anvar does not come: the order is cancelled.
    admin does visit, admin asks because she moved ; admin moves at=2026-11-25T04:00:00Z because later => ! cancellation-is-assessed
    admin does visit ; admin cancels because she moved => - | release | Anvar does not come: the order is cancelled.

    # Done before it has begun: nobody comes then
    admin does visit at=2026-11-25T05:00:00Z, system draws work-order ; admin does visited cause=line => - | release | Anvar does not come: the work was done before.
    admin does visit at=2026-11-24T09:30:00Z, system draws work-order, after 29m ; admin does visited cause=line => - | release | Anvar does not come: the work was done before.
    admin does visit at=2026-11-24T09:30:00Z, system draws work-order, after 30m ; admin does visited cause=line => anvar 11-24T09:30 Done | done | The visit of Anvar is done.
    admin does visit at=2026-11-25T05:00:00Z, system draws work-order, admin does visited cause=line, admin does rework because it is not ; admin does visit => anvar 11-24T09:00 Booked | book | Anvar comes on 2026-11-24 14:00.

    # Done onward, released backward, booked again the next time
    admin does visit, system draws work-order ; admin does visited cause=line => anvar 11-24T09:00 Done | done | The visit of Anvar is done.
    admin does visit ; admin does visit-failed because nobody was there => - | release | Anvar does not come: the order left the stage without it.
    admin does visit, admin does visit-failed because nobody was there ; admin does visit => anvar 11-24T09:00 Booked | book | Anvar comes on 2026-11-24 14:00.
    admin does visit, system draws work-order, admin does visited cause=line ; admin cancels because of nothing => anvar 11-24T09:00 Done |  |
    admin does visit, system draws work-order, admin does visited cause=line ; admin holds because of nothing => anvar 11-24T09:00 Done |  |
    admin does visit, system draws work-order, admin does visited cause=line, admin does rework because it is not, after 60m ; admin does visit => anvar 11-24T10:00 Booked | book | Anvar comes on 2026-11-24 15:00.
";

/// The transition needs a reason, which says nothing here.
fn reasoned(step: &str) -> String {
    match step.contains(" does visit") && !step.contains("because") {
        true => format!("{step} because the line is dead"),
        false => step.to_owned(),
    }
}

#[test]
fn a_visit_lives_and_ends_with_its_stage() {
    for line in cases(STORIES) {
        let (steps, expected) = line.split_once("=>").expect("a step and what it comes to");
        let (before, step) = steps.split_once(';').expect("steps before, and the step");
        let mut story = story(workforce(&[]));
        for step in before.split(", ").map(str::trim).filter(|step| !step.is_empty()) {
            if let Step::Rejected(rejection) = story.step(&reasoned(step)) {
                panic!("{line}: {step}: {rejection}");
            }
        }
        let step = story.step(&reasoned(step.trim()));
        assert_eq!(told(step, &story), expected.trim(), "{line}");
    }
}

#[test]
fn another_address_keeps_what_was_agreed_while_the_same_division_sends_somebody() {
    let support = scenario::find("support-individual", 3).expect("a scenario");
    let begun = |steps: &[&str]| {
        let (mut story, _) = Story::in_scenario("support-individual", support);
        story.workforce = workforce(&[]);
        story.goes(&["admin does visit at=2026-11-25T05:00:00Z who=bekzod because it is dead"]);
        story.goes(steps);
        story
    };
    let address = r#"desk amends {"address":{"house":"14"}}"#;
    let party = r#"desk amends {"party":{"familyName":"Yusupov"}}"#;
    for patch in [address, party] {
        let mut story = begun(&[]);
        let step = story.step(patch);
        assert_eq!(told(step, &story), "bekzod 11-25T05:00 Booked |  |", "{patch}");
    }
    // Where Bekzod is none of those who are sent, somebody else is.
    let mut story = begun(&[]);
    let technicians = story.workforce.technicians.get_mut("north-tech").expect("a division");
    technicians.retain(|technician| technician.code != "bekzod");
    let step = story.step(address);
    assert_eq!(
        told(step, &story),
        "anvar 11-24T09:00 Booked | release book | Bekzod does not come: another division sends somebody now. \
         Anvar comes on 2026-11-24 14:00."
    );
    // Once the visit is over nobody is sent again.
    for way in [
        ["system draws work-order", "tech does visited cause=line"],
        ["system draws work-order", "tech does visit-failed because locked"],
    ] {
        let mut story = begun(&way);
        let stage = story.order.stage.code.clone();
        let Step::Decided(decision) = story.step(address) else { panic!("it is refused") };
        assert_eq!((decision.order.stage.code.clone(), decision.effects.len()), (stage, 0));
        assert!(decision.bookings.is_empty(), "{way:?}");
    }
}

#[test]
fn a_transition_that_leads_to_its_own_stage_books_anew() {
    let mut again = scenario::find("support-individual", 3).expect("a scenario").clone();
    let visit = again.transitions.iter_mut().find(|transition| transition.code == "visit");
    visit.expect("a visit").from.push("field-visit".to_owned());
    let again: &'static scenario::Scenario = Box::leak(Box::new(again));
    let (mut story, _) = Story::in_scenario("support-individual", again);
    story.workforce = workforce(&[]);
    story.goes(&["admin does visit at=2026-11-25T05:00:00Z who=bekzod because it is dead"]);
    let step =
        story.step("admin does visit at=2026-11-25T07:00:00Z who=anvar because nobody was in");
    assert_eq!(
        told(step, &story),
        "anvar 11-25T07:00 Booked | release book | Bekzod does not come: the order left the stage without it. \
         Anvar comes on 2026-11-25 12:00."
    );
}

#[test]
fn the_next_five_free_slots_are_told_in_both_languages() {
    let taken = [
        ("anvar", "2026-11-25T04:00:00Z", 60),
        ("bekzod", "2026-11-25T05:00:00Z", 60),
        ("bekzod", "2026-11-24T10:00:00Z", 60),
    ];
    let mut story = story(workforce(&taken));
    let Step::Rejected(rejection) =
        story.step("admin does visit at=2026-11-25T04:15:00Z because dead")
    else {
        panic!("nobody is free at a quarter past nine")
    };
    assert_eq!(
        rejection.to_string(),
        "No technician of north-tech is free at 2026-11-25 09:15; free are 2026-11-25 10:30 (Anvar), \
         2026-11-25 11:00 (Anvar), 2026-11-25 11:30 (Anvar), 2026-11-25 12:00 (Anvar), 2026-11-25 12:30 (Anvar)."
    );
    let russian = rejection.sentences().ru;
    assert!(russian.ends_with("2026-11-25 12:30 (Anvar)."), "{russian}");
    let Rejection::NoFreeSlot { next, .. } = rejection else { panic!("it is about slots") };
    let others: Vec<usize> = next.iter().map(|slot| slot.others).collect();
    assert_eq!(others, [0, 0, 1, 1, 1]);
}

#[test]
fn what_can_be_done_tells_the_slots_or_that_there_are_none() {
    let support = scenario::find("support-individual", 2).expect("a scenario");
    let (admin, around) = (actor("admin"), neighbourhood());
    let context = Context {
        now: MORNING,
        actor: &admin,
        scenario: support,
        neighbourhood: &around,
        workforce: None,
        calendars: oms_domain::calendar::Calendars::round_the_clock(),
    };
    let free = workforce(&[]);
    let mut nobody = workforce(&[]);
    nobody.technicians.clear();
    let none_registered = Workforce::default();
    for (workforce, slots, obstacles) in
        [(&free, 5, vec![]), (&nobody, 0, vec!["no-free-slot"]), (&none_registered, 0, vec![])]
    {
        let story = story(workforce.clone());
        let context = Context { workforce: Some(workforce), ..context };
        for transition in available(&story.order, context) {
            let is_visit = transition.transition == "visit";
            let told: Vec<&str> = transition.obstacles.iter().map(|it| it.code.as_str()).collect();
            assert_eq!(transition.slots.len(), if is_visit { slots } else { 0 });
            assert_eq!(told, if is_visit { obstacles.clone() } else { vec![] });
        }
    }
    let order = story(free).order;
    let wanted = workforce_for_all_transitions(&order, context).expect("a visit can be booked");
    assert_eq!(wanted.divisions, ["north-tech"]);
}

#[test]
fn nothing_is_read_for_what_books_no_visit() {
    let admin = actor("admin");
    let around = neighbourhood();
    let wanted = |version: u32, command: Command| {
        let scenario = scenario::find("support-individual", version).expect("a scenario");
        let context = Context {
            now: MORNING,
            actor: &admin,
            scenario,
            neighbourhood: &around,
            workforce: None,
            calendars: oms_domain::calendar::Calendars::round_the_clock(),
        };
        let (story, _) = Story::in_scenario("support-individual", scenario);
        workforce_wanted(&story.order, &command, context)
    };
    let transition = |code: &str, from: Option<Instant>| Command::Transition {
        transition: code.to_owned(),
        fields: serde_json::Map::new(),
        comment: None,
        visit: VisitRequest {
            slot: from.map(|from| AskedSlot { from, technician: None }),
            ..VisitRequest::default()
        },
    };
    assert_eq!(wanted(1, transition("visit", None)), None);
    assert_eq!(wanted(2, transition("start", None)), None);
    assert_eq!(wanted(2, transition("visited", None)), None, "it does not leave this stage");
    assert_eq!(wanted(2, Command::Resume), None);
    let days = |days: i64| MORNING.plus_minutes(days * 24 * 60);
    for (asked, to) in [(None, days(15)), (Some(days(30)), days(45)), (Some(days(91)), days(15))] {
        let query = wanted(2, transition("visit", asked)).expect("a visit is booked");
        assert_eq!(query.divisions, ["north-tech"]);
        assert_eq!((query.from, query.to), (days(-1), to), "{asked:?}");
    }
}

#[test]
fn orders_that_come_at_once_are_spread_over_those_who_have_the_fewest_hours() {
    let booked = "2026-11-24T09:00:00Z";
    let cases = [
        (workforce(&[]), &["anvar", "bekzod"][..]),
        (workforce(&[("anvar", booked, 60)]), &["bekzod"]),
        (workforce(&[("anvar", booked, 60), ("bekzod", booked, 60)]), &["anvar", "bekzod"]),
    ];
    for (workforce, expected) in cases {
        let story = story(workforce);
        let visits: BTreeSet<_> = (0..32).map(|index| visit_of(&story, index, 0)).collect();
        let times: BTreeSet<_> = visits.iter().map(|(_, from, _)| from).collect();
        assert_eq!(times.len(), 1, "the first free time: {visits:?}");
        let technicians: Vec<&str> = visits.iter().map(|(code, ..)| code.as_str()).collect();
        assert_eq!(technicians, expected);
    }
}

#[test]
fn those_who_were_too_late_spread_over_visits_beside_each_other() {
    let story = story(workforce(&[]));
    let visits: BTreeSet<_> = (0..32).map(|index| visit_of(&story, index, 4)).collect();
    assert!(visits.len() >= 16, "{visits:?}");
    let ordered: Vec<_> = visits.into_iter().collect();
    for pair in ordered.windows(2) {
        let [(technician, _, until), (other, from, _)] = pair else { panic!("{pair:?}") };
        assert!(
            technician != other || until <= from,
            "whoever has one stands in the other's way: {pair:?}"
        );
    }
    // None comes to the same visit again and again, which might be that of most others.
    for index in 0..32 {
        let visits: BTreeSet<_> = (3..8).map(|rivals| visit_of(&story, index, rivals)).collect();
        assert!(visits.len() > 2, "{visits:?}");
    }
}

/// The visit that one of many orders gets which come at once, after it was so often too late.
fn visit_of(story: &Story, index: usize, rivals: u32) -> (String, Instant, Instant) {
    let (admin, around) = (actor("admin"), neighbourhood());
    let mut order = story.order.clone();
    order.id = format!("019ab5c6-0000-7000-8000-0000000000{index:02}");
    let context = Context {
        now: MORNING,
        actor: &admin,
        scenario: scenario::find("support-individual", 2).expect("a scenario"),
        neighbourhood: &around,
        workforce: Some(&story.workforce),
        calendars: oms_domain::calendar::Calendars::round_the_clock(),
    };
    let transition = Command::Transition {
        transition: "visit".to_owned(),
        fields: serde_json::Map::new(),
        comment: Some("The line is dead".to_owned()),
        visit: VisitRequest { rivals, ..VisitRequest::default() },
    };
    let decision = decide(&order, transition, context).expect("there is room");
    let visit = decision.order.appointment.expect("a visit");
    (visit.technician, visit.from, visit.to)
}

#[test]
fn an_operator_without_technicians_goes_on_without_visits() {
    let mut story = story(Workforce::default());
    let step = story.step("admin does visit because dead");
    assert_eq!(told(step, &story), "- |  | No visit was booked: no technicians are registered.");
    let step = story.step("admin moves at=2026-11-25T05:00:00Z because she asked");
    assert_eq!(told(step, &story), "! technicians-missing");
}
