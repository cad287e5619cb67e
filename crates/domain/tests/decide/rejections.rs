//! Each rule that a command can break, and that a rejected command leaves the order as it was.

use crate::orders::{MORNING, actor, coverage, form, neighbourhood, registered, scenario};
use crate::stories::{Step, Story};
use crate::tables::cases;
use oms_domain::calendar::Calendars;
use oms_domain::decide::{self, Command, Context, available};
use oms_domain::division::Neighbourhood;
use oms_domain::registration::Registration;
use oms_domain::rejection::Rejection;
use oms_domain::routing::Coverage;
use oms_domain::scenario::{EntryAction, LocalText, Scenario};
use std::collections::BTreeSet;

/// scenario | way to the order | step | rejection
const BROKEN: &str = r#"
    # nobody may what needs a right
    connect-individual |                            | nobody does accept                       | right-missing
    connect-individual |                            | tech does accept                         | right-missing
    connect-individual | sales does accept          | sales does feasible                      | right-missing
    support-individual |                            | sales does start                         | right-missing
    support-individual |                            | nobody holds because away                | right-missing
    support-individual | desk holds because away    | nobody resumes                           | right-missing
    support-individual |                            | nobody cancels because moved             | right-missing
    support-individual |                            | nobody gives olim                        | right-missing
    support-individual | desk gives olim            | nobody takes                             | right-missing
    support-individual |                            | nobody says hello                        | right-missing
    support-individual |                            | nobody adds passport                     | right-missing
    support-individual | system fails draw          | nobody repairs because again             | right-missing
    support-individual | system fails draw          | nobody completes draw because by hand    | right-missing
    support-individual | system fails draw          | nobody abandons because not needed       | right-missing
    support-individual |                            | system does start                        | right-missing

    # the right comes first: whoever has none learns nothing of the state
    support-individual | desk holds because away    | sales does start                         | right-missing
    support-individual | desk cancels because moved | sales does start                         | right-missing
    connect-individual |                            | nobody does feasible                     | right-missing
    support-individual | support cancels because moved | sales does start                      | right-missing
    support-individual | desk cancels because moved | nobody holds because away                | right-missing
    support-individual | desk cancels because moved | nobody resumes                           | right-missing
    support-individual | desk cancels because moved | nobody cancels because moved             | right-missing
    support-individual | desk cancels because moved | nobody asks because moved                | right-missing
    support-individual | desk cancels because moved | nobody grants because so                 | right-missing
    support-individual | desk cancels because moved | nobody refuses because so                | right-missing
    support-individual | desk cancels because moved | nobody gives olim                        | right-missing
    support-individual | desk cancels because moved | nobody amends {"priority":"high"}        | right-missing
    support-individual | desk cancels because moved | nobody answers because on it             | right-missing
    connect-legal      | sales does accept; desk holds because away | sales finishes site-survey | right-missing
    connect-legal      | sales does accept; desk asks because moved | sales finishes site-survey | right-missing

    # closed orders stay as they are, which is said to whoever could have moved them
    support-individual | desk cancels because moved | support cancels because moved            | order-is-closed
    support-individual | desk cancels because moved | support asks because moved               | order-is-closed
    support-individual | desk cancels because moved | support refuses because so               | order-is-closed
    support-individual | desk cancels because moved | support answers because on it            | order-is-closed
    support-individual | desk cancels because moved | support does start                       | order-is-closed
    support-individual | desk cancels because moved | support does no-such-thing               | order-is-closed
    support-individual | desk cancels because moved | desk holds because away                  | order-is-closed
    support-individual | desk cancels because moved | desk resumes                             | order-is-closed
    support-individual | desk cancels because moved | desk cancels because moved               | order-is-closed
    support-individual | desk cancels because moved | desk gives olim                          | order-is-closed
    support-individual | desk cancels because moved | desk takes                               | order-is-closed
    connect-individual | sales does refuse because a debtor | sales does accept                | order-is-closed

    # holds
    support-individual | desk holds because away    | support does start                       | order-is-held
    connect-individual | desk holds because away    | sales does accept                        | order-is-held
    support-individual |                            | desk resumes                             | order-is-not-held
    support-individual | desk holds because away; desk resumes | desk resumes                  | order-is-not-held
    support-individual |                            | desk holds for 0m because away           | hold-ends-in-the-past
    support-individual |                            | desk holds for -5m because away          | hold-ends-in-the-past
    support-individual | desk holds because away    | desk holds for -5m because away          | hold-ends-in-the-past

    # escalations
    support-individual |                            | support answers because on it            | nothing-escalated
    support-individual | after 50m; system checks   | nobody answers because on it             | right-missing
    support-individual | after 50m; system checks   | sales answers because on it              | right-missing
    support-individual | desk cancels because moved | desk answers because on it               | order-is-closed

    # transitions
    support-individual |                            | support does no-such-thing               | transition-unknown
    connect-individual |                            | tech does feasible                       | transition-not-from-here
    connect-individual | sales does accept          | sales does accept                        | transition-not-from-here
    connect-individual |                            | admin does activated                     | transition-not-from-here
    connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign; system draws work-order; tech does installed | admin does activated | transition-is-automatic
    connect-individual |                            | sales does refuse                        | comment-required
    connect-individual | sales does accept          | tech does not-feasible                   | comment-required
    support-individual |                            | support does ask                         | comment-required
    change-individual  | sales does accept          | tech does reconfigured                   | document-required
    connect-individual | sales does accept; tech does feasible | sales does sign               | document-required
    connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign | tech does installed | document-required
    connect-individual | sales does accept; tech does feasible; desk adds passport | sales does sign | document-required

    # fields
    connect-legal      | sales does accept; tech finishes site-survey; tech finishes access-design; sales finishes credit-check; tech does feasible; sales does offer-accepted; system draws contract; sales does sign; system draws work-order; tech finishes cabling; tech finishes equipment; tech finishes measurement; tech does installed; desk adds acceptance-act | sales does accepted | fields-required
    connect-legal      | sales does accept; tech finishes site-survey; tech finishes access-design; sales finishes credit-check; tech does feasible; sales does offer-accepted; system draws contract; sales does sign; system draws work-order; tech finishes cabling; tech finishes equipment; tech finishes measurement; tech does installed; desk adds acceptance-act | sales does accepted acceptanceAct=null | fields-required
    connect-individual | sales does accept          | tech does feasible colour=red            | field-unknown
    connect-individual | sales does accept          | tech does feasible accessNode=7          | field-invalid
    connect-individual | sales does accept          | tech does feasible accessNode=true       | field-invalid
    connect-individual | sales does accept          | tech does feasible accessNode=["a"]      | field-invalid
    connect-individual | sales does accept          | tech does feasible accessNode=""         | field-invalid
    connect-individual | sales does accept; tech does feasible; system draws contract | sales does sign signedOn=tomorrow | field-invalid
    connect-individual | sales does accept; tech does feasible; system draws contract | sales does sign signedOn=2026-02-30 | field-invalid
    connect-individual | sales does accept; tech does feasible; system draws contract | sales does sign signedOn=2026-1-1 | field-invalid

    support-individual | support does start         | support does solved cause=fibre          | field-invalid
    support-individual | support does start         | support does solved cause=other          | fields-required
    connect-individual | sales does accept          | tech does feasible colour=red accessNode=7 | several-faults
    connect-individual | sales does accept; tech does feasible | sales does sign signedOn=tomorrow | several-faults
    connect-individual | sales does accept          | tech does not-feasible colour=red        | several-faults

    # tasks and checklists
    connect-legal      | sales does accept          | tech does feasible                       | tasks-missing
    connect-legal      | sales does accept; tech finishes site-survey; tech finishes access-design | tech does feasible | tasks-missing
    connect-legal      | sales does accept          | tech finishes access-design              | task-waits
    connect-legal      | sales does accept          | tech finishes credit-check               | right-missing
    connect-legal      | sales does accept          | tech finishes cabling                    | task-unknown
    connect-legal      |                            | tech finishes site-survey                | task-unknown
    connect-legal      | sales does accept; desk holds because away | tech finishes site-survey | order-is-held
    connect-legal      | sales does accept; desk cancels because moved | tech finishes site-survey | order-is-closed
    disconnect-legal   | sales does accept; sales finishes final-invoice; sales finishes termination-agreement | sales does settled | document-required

    # pauses
    connect-individual |                            | desk holds as weather because rain       | pause-reason-unknown
    connect-individual |                            | nobody holds as customer-asked because he said so | right-missing

    # opening again
    support-individual | support does solved; support does confirm; after 10081m | support does reopen because dead again | too-late-to-reopen
    support-individual | support does solved; support does confirm | support does rework because dead again | order-is-closed
    support-individual | support does solved; support does confirm | support does reopen        | comment-required

    # a cancellation that waits for what is taken back
    connect-individual | system provisions; desk cancels because moved | sales does accept      | cancellation-is-pending
    connect-individual | system provisions; desk cancels because moved | desk holds because away | cancellation-is-pending
    connect-individual | system provisions; desk cancels because moved | desk cancels because moved | cancellation-is-pending

    # a cancellation that is asked for
    support-individual |                               | desk grants because so          | no-cancellation-request
    support-individual |                               | desk refuses because so         | no-cancellation-request
    support-individual |                               | support refuses because so      | right-missing
    support-individual |                               | nobody asks because moved       | right-missing
    connect-individual |                               | tech asks because moved         | right-missing
    support-individual | support cancels because moved | support grants because so       | right-missing
    support-individual | desk asks because moved       | support refuses because so      | right-missing
    support-individual | support cancels because moved | desk asks because of the price  | cancellation-is-assessed
    support-individual | support cancels because moved | desk cancels because moved      | cancellation-is-assessed
    support-individual | support cancels because moved | support does start              | cancellation-is-assessed
    support-individual | support cancels because moved | desk holds because away         | cancellation-is-assessed
    support-individual | desk holds because away; desk asks because moved | desk resumes | cancellation-is-assessed
    support-individual | desk asks because moved       | desk amends {"priority":"high"} | cancellation-is-assessed
    connect-legal      | sales does accept; desk asks because moved | tech finishes site-survey | cancellation-is-assessed
    connect-individual | system provisions; desk cancels because moved | desk asks because moved | cancellation-is-pending
    connect-individual | system provisions; desk cancels because moved | desk grants because so  | cancellation-is-pending
    support-individual | desk cancels because moved    | desk asks because moved         | order-is-closed
    support-individual | desk cancels because moved    | desk grants because so          | order-is-closed
    support-individual | desk cancels because moved    | desk refuses because so         | order-is-closed
    disconnect-individual | sales does accept          | admin asks because he stays     | past-point-of-no-return
    connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign; tech cancels because he moved | desk grants because so | penalty-unconfirmed

    # the point of no return
    connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign | desk cancels because he moved | penalty-unconfirmed
    disconnect-individual | sales does accept          | admin cancels because he stays           | past-point-of-no-return
    change-individual  | sales does accept; system draws work-order; tech does reconfigured | desk cancels because he stays | past-point-of-no-return
"#;

#[test]
fn every_broken_rule_is_told_and_the_order_stays_as_it_was() {
    for line in cases(BROKEN) {
        let columns: Vec<&str> = line.splitn(4, '|').map(str::trim).collect();
        let [scenario, way, step, expected] = columns[..] else { panic!("{line}") };
        let (mut story, _) = Story::of(scenario);
        for prepared in way.split(';').map(str::trim).filter(|prepared| !prepared.is_empty()) {
            let outcome = story.step(prepared);
            assert!(!matches!(outcome, Step::Rejected(_)), "{line}: {prepared}");
        }
        let before = story.order.clone();
        match story.step(step) {
            Step::Rejected(rejection) => assert_eq!(rejection.code(), expected, "{line}"),
            Step::Time | Step::Decided(_) => panic!("it was accepted: {line}"),
        }
        assert_eq!(story.order, before, "{line}");
    }
}

#[test]
fn a_contract_is_signed_with_somebody() {
    let (mut story, _) = Story::of("connect-individual");
    for step in ["sales does accept", "tech does feasible", "system draws contract"] {
        assert!(matches!(story.step(step), Step::Decided(_)), "{step}");
    }
    story.order.party = None;
    let Step::Rejected(rejection) = story.step("sales does sign") else { panic!("it was signed") };
    assert_eq!(rejection, Rejection::PartyRequired);
}

#[test]
fn an_order_needs_an_organisation_to_go_to() {
    let rejection = register("connect-individual", &Coverage::default(), "admin");
    assert_eq!(rejection, Rejection::OrganisationMissing);

    let (story, _) = Story::of("connect-individual");
    let (sales, nowhere) = (actor("sales"), Neighbourhood::default());
    let scenario = scenario("connect-individual");
    let context = Context {
        now: MORNING,
        actor: &sales,
        scenario,
        neighbourhood: &nowhere,
        calendars: Calendars::round_the_clock(),
        workforce: None,
    };
    let rejection = decide::decide(&story.order, accept(), context).expect_err("nowhere to go");
    assert_eq!(rejection, Rejection::DivisionMissing { division: "north-tech".to_owned() });
}

#[test]
fn registering_and_importing_need_their_rights() {
    for (form, role) in
        [("connect-individual", "nobody"), ("support-individual", "sales"), ("import", "desk")]
    {
        let rejection = register(form, &coverage(), role);
        assert_eq!(rejection.code(), "right-missing", "{role} registers {form}");
    }
}

#[test]
fn a_stage_that_the_scenario_does_not_have_is_refused_wherever_it_is_named() {
    // An imported order names its stage.
    let mut elsewhere = form("import");
    elsewhere["imported"]["stage"] = "feasibility".into();
    let rejection = register_form(&elsewhere, scenario("support-individual"), &coverage(), "admin");
    assert_eq!(rejection.code(), "stage-unknown");

    // A scenario that no check has seen may name what is not there.
    let (story, _) = Story::of("support-individual");
    let mut broken = scenario("support-individual").clone();
    broken.cancelled_stage = "nowhere".to_owned();
    for transition in &mut broken.transitions {
        transition.to = "nowhere".to_owned();
    }
    let (admin, around) = (actor("admin"), neighbourhood());
    let context = Context {
        now: MORNING,
        actor: &admin,
        scenario: &broken,
        neighbourhood: &around,
        workforce: None,
        calendars: Calendars::round_the_clock(),
    };
    let start = Command::Transition {
        transition: "start".to_owned(),
        fields: serde_json::Map::new(),
        comment: None,
        visit: decide::VisitRequest::default(),
    };
    for command in [Command::Cancel { reason: "moved".to_owned(), penalty_confirmed: false }, start]
    {
        let rejection = decide::decide(&story.order, command, context).expect_err("no such stage");
        assert_eq!(rejection.code(), "stage-unknown");
    }
}

#[test]
fn what_can_be_done_is_listed_with_what_stands_in_the_way() {
    // scenario | way | role | transition allowed, or transition: obstacles
    let table = "
        connect-individual |                         | sales   | accept ok; refuse ok
        connect-individual |                         | tech    | accept right-missing; refuse right-missing
        connect-individual | sales does accept       | tech    | feasible ok; not-feasible ok
        connect-individual | desk holds because away | sales   | accept order-is-held; refuse order-is-held
        connect-individual | desk holds because away | nobody  | accept order-is-held right-missing; refuse order-is-held right-missing
        connect-individual | sales does accept; tech does feasible | sales | refuse ok; sign document-required
        connect-individual | sales does accept; tech does feasible; system draws contract | sales | refuse ok; sign ok
        connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign; system draws work-order; tech does installed | admin | activated transition-is-automatic
        support-individual            | desk cancels because moved | admin |
        connect-individual | desk asks because moved | sales | accept cancellation-is-assessed; refuse cancellation-is-assessed
    ";
    for line in cases(table) {
        let columns: Vec<&str> = line.splitn(4, '|').map(str::trim).collect();
        let [name, way, role, expected] = columns[..] else { panic!("{line}") };
        let (mut story, _) = Story::of(name);
        for prepared in way.split(';').map(str::trim).filter(|prepared| !prepared.is_empty()) {
            story.step(prepared);
        }
        let (actor, around) = (actor(role), neighbourhood());
        let context = Context {
            now: story.now,
            actor: &actor,
            scenario: scenario(name),
            neighbourhood: &around,
            workforce: None,
            calendars: Calendars::round_the_clock(),
        };
        let listed: Vec<String> = available(&story.order, context)
            .into_iter()
            .map(|transition| {
                let obstacles: Vec<&str> =
                    transition.obstacles.iter().map(|obstacle| obstacle.code.as_str()).collect();
                assert_eq!(transition.allowed, obstacles.is_empty(), "{line}");
                let obstacles = if obstacles.is_empty() { vec!["ok"] } else { obstacles };
                format!("{} {}", transition.transition, obstacles.join(" "))
            })
            .collect();
        assert_eq!(listed.join("; "), expected, "{line}");
    }
}

#[test]
fn every_rejection_has_its_own_word_and_says_a_sentence() {
    let text = || "this".to_owned();
    let stage = || LocalText { en: "Here".to_owned(), ru: "Тут".to_owned() };
    let all = [
        Rejection::RightMissing(oms_domain::rights::Right::Admin),
        Rejection::OrderIsClosed { state: "completed" },
        Rejection::OrderIsHeld { reason: text() },
        Rejection::OrderIsNotHeld,
        Rejection::NothingEscalated { stage: stage() },
        Rejection::TransitionUnknown { transition: text() },
        Rejection::TransitionNotFromHere { transition: text(), from: stage(), stage: stage() },
        Rejection::TransitionIsAutomatic { transition: text(), after: "provision" },
        Rejection::CommentRequired { transition: text() },
        Rejection::FieldsRequired { transition: text(), missing: text() },
        Rejection::FieldInvalid { field: text(), expected: "a date" },
        Rejection::FieldUnknown { transition: text(), field: text() },
        Rejection::DocumentRequired { kind: text() },
        Rejection::PartyRequired,
        Rejection::PastPointOfNoReturn { stage: stage() },
        Rejection::HoldEndsInThePast { until: text() },
        Rejection::OrganisationMissing,
        Rejection::EffectNotInFallout { state: "done" },
        Rejection::ScenarioUnknown { code: text(), version: 1 },
        Rejection::StageUnknown { stage: text(), scenario: text() },
        Rejection::NoFreeSlot { division: text(), skill: None, asked: None, next: vec![] },
        Rejection::TechnicianUnknown { technician: text(), division: text() },
        Rejection::SlotOutOfReach { from: text(), days: 90 },
        Rejection::NoVisitHere { stage: stage() },
        Rejection::TechniciansMissing,
    ];
    let words: BTreeSet<&str> = all.iter().map(Rejection::code).collect();
    assert_eq!(words.len(), all.len(), "two rejections share a word");
    for rejection in &all {
        let sentence = rejection.to_string();
        assert!(sentence.starts_with(char::is_uppercase), "{sentence}");
        assert!(sentence.ends_with('.') || sentence.ends_with(')'), "{sentence}");
    }
}

#[test]
fn all_that_keeps_a_transition_from_being_made_is_said_at_once() {
    let (mut story, _) = Story::of("connect-individual");
    story.goes(&["sales does accept", "tech does feasible"]);
    let step = "sales does sign signedOn=tomorrow colour=red";
    let Step::Rejected(rejection) = story.step(step) else { panic!("{step}") };
    let Rejection::SeveralFaults { faults } = &rejection else { panic!("{rejection}") };
    let codes: Vec<&str> = faults.iter().map(Rejection::code).collect();
    assert_eq!(codes, ["document-required", "field-unknown", "field-invalid"]);
    let told = rejection.sentences();
    for fault in faults {
        assert!(told.en.contains(&fault.to_string()), "{}", told.en);
        assert!(told.ru.contains(&fault.sentences().ru), "{}", told.ru);
    }
}

#[test]
fn a_rejection_names_stages_in_the_language_of_its_sentence() {
    // step in the stage "registered" of a new connect order | the beginning in English | in Russian
    let table = r#"
        sales does sign | Transition "sign" leads out of Contract, and the order is in Registered. | Переход "sign" ведёт из этапа Договор, а заявка на этапе Зарегистрирован.
        tech finishes cabling | Stage Registered has no task "cabling" | На этапе Зарегистрирован нет задания "cabling"
        sales moves because away | No technician visits the subscriber in stage Registered. | На этапе Зарегистрирован специалист
        sales answers because on it | Nothing was escalated in stage Registered; | На этапе Зарегистрирован ничего не эскалировано;
    "#;
    for line in cases(table) {
        let [step, english, russian] = line.split(" | ").map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let (mut story, _) = Story::of("connect-individual");
        let Step::Rejected(rejection) = story.step(step) else { panic!("{line}") };
        let told = rejection.sentences();
        assert!(told.en.starts_with(english), "{line}: {}", told.en);
        assert!(told.ru.starts_with(russian), "{line}: {}", told.ru);
    }
}

#[test]
fn what_a_scenario_draws_and_asks_for_is_what_the_stories_above_have_walked() {
    // Every built-in scenario has a story; a new one must get its own.
    let told: BTreeSet<&str> = [
        "change-individual",
        "change-legal",
        "connect-individual",
        "connect-legal",
        "disconnect-individual",
        "disconnect-legal",
        "support-individual",
        "support-legal",
    ]
    .into();
    let known: BTreeSet<&str> =
        oms_domain::scenario::built_in().map(|scenario| scenario.code.as_str()).collect();
    assert_eq!(told, known);
    let retires = |scenario: &Scenario| {
        scenario.stages.iter().any(|stage| stage.on_entry.contains(&EntryAction::Retire))
    };
    let retiring = oms_domain::scenario::built_in().filter(|scenario| retires(scenario));
    let retiring: BTreeSet<&str> = retiring.map(|scenario| scenario.code.as_str()).collect();
    let told_of_retirement = ["disconnect-individual", "disconnect-legal"].into();
    assert_eq!(retiring, told_of_retirement, "tell the story of a retirement");
}

fn accept() -> Command {
    let fields = serde_json::Map::new();
    Command::Transition {
        transition: "accept".to_owned(),
        fields,
        comment: None,
        visit: decide::VisitRequest::default(),
    }
}

fn register(name: &str, coverage: &Coverage, role: &str) -> Rejection {
    register_form(&form(name), scenario(name), coverage, role)
}

fn register_form(
    form: &serde_json::Value,
    scenario: &Scenario,
    coverage: &Coverage,
    role: &str,
) -> Rejection {
    let registration = Registration::read(form, MORNING).expect("the form is right");
    let actor = actor(role);
    let context = Context {
        now: MORNING,
        actor: &actor,
        scenario,
        neighbourhood: &coverage.neighbourhood,
        workforce: None,
        calendars: Calendars::round_the_clock(),
    };
    let (id, number) = ("an id".to_owned(), "a number".to_owned());
    decide::register(registration, id, number, coverage, context).expect_err("it is rejected")
}

#[test]
fn the_same_registration_makes_the_same_order() {
    let [first, second] =
        [(); 2].map(|()| registered(&form("connect-individual"), scenario("connect-individual")));
    assert_eq!(first, second);
}
