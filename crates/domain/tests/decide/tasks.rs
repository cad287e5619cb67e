//! Tasks of an order for several services that different divisions operate.

use crate::orders::{ID, MORNING, actor, form, scenario};
use crate::tables::cases;
use oms_domain::amendment::Amendment;
use oms_domain::calendar::Calendars;
use oms_domain::catalogue::Service;
use oms_domain::decide::{Command, Context, Decision, VisitRequest, decide, explain, register};
use oms_domain::division::{Division, DivisionReference, Neighbourhood};
use oms_domain::order::Order;
use oms_domain::party::Language;
use oms_domain::registration::Registration;
use oms_domain::rejection::Rejection;
use oms_domain::routing::{Coverage, CoverageRule, ServiceDivision};
use oms_domain::scenario::Scenario;
use serde_json::{Map, json};

/// code, parent, kind
const TREE: &str = "
    head         -      branch
    head-sales   head   sales
    north        head   branch
    north-sales  north  sales
    north-tech   north  technical
    exchange     head   branch
    desk         exchange support
    pbx          exchange technical
";

fn divisions() -> Vec<Division> {
    let read = |line: &str| {
        let [code, parent, kind] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        Division {
            code: code.to_owned(),
            parent_code: Some(parent.to_owned()).filter(|parent| parent != "-"),
            name: code.to_owned(),
            kind: kind.to_owned(),
            timezone: "UTC".to_owned(),
            email: None,
            head: None,
        }
    };
    cases(TREE).map(read).collect()
}

fn service(word: &str) -> Service {
    let found = Service::WORDS.iter().find(|(code, _)| *code == word);
    found.unwrap_or_else(|| panic!("{word} is no service")).1
}

/// `internet=north-tech telephony=pbx`; a division in brackets is the root's, because no rule matches.
fn coverage(words: &str) -> Coverage {
    let rule =
        |code: &str| CoverageRule { division_code: code.to_owned(), ..CoverageRule::default() };
    let one = |word: &str| {
        let (named, code) = word.split_once('=').expect("a service and a division");
        let bare = code.trim_matches(['(', ')']);
        let division = DivisionReference { code: bare.to_owned(), name: bare.to_owned() };
        let rule = (bare == code).then(|| rule(code));
        ServiceDivision { service: service(named), division, rule }
    };
    let by_service: Vec<ServiceDivision> = words.split_whitespace().map(one).collect();
    let around = |code: &str| Neighbourhood::of(&divisions(), code);
    let mut neighbourhood = around("north-tech");
    neighbourhood.others = by_service.iter().map(|one| around(&one.division.code)).collect();
    Coverage { rule: Some(rule("north-tech")), neighbourhood, by_service, ..Coverage::default() }
}

/// The survey and the design are done for each service, and the credit is checked by the sales of each.
fn divided() -> Scenario {
    let mut divided = scenario("connect-legal").clone();
    for stage in &mut divided.stages {
        stage.tasks.iter_mut().for_each(|task| task.per_service = true);
    }
    divided
}

struct Divided {
    scenario: Scenario,
    coverage: Coverage,
    order: Order,
}

impl Divided {
    /// An order for these services comes to the stage with the tasks.
    fn of(ordered: &str, words: &str) -> Divided {
        let (scenario, coverage) = (divided(), coverage(words));
        let mut form = form("connect-legal");
        let item = |(index, service): (usize, &str)| {
            let tariff = oms_domain::catalogue::tariffs().iter();
            let tariff = tariff.filter(|it| it.service.code() == service).map(|it| &it.code);
            let tariff = tariff.clone().next().expect("a tariff");
            json!({ "id": (index + 1).to_string(), "service": service, "action": "add", "tariff": tariff })
        };
        form["items"] = ordered.split('+').enumerate().map(item).collect();
        let registration =
            Registration::read(&form, MORNING).unwrap_or_else(|faults| panic!("{faults:?}"));
        let admin = actor("admin");
        let context = context(&scenario, &coverage, &admin);
        let number = "261124-4801-9372".to_owned();
        let order = register(registration, ID.to_owned(), number, &coverage, context)
            .expect("it is registered")
            .order;
        let mut divided = Divided { scenario, coverage, order };
        divided.takes(transition("accept")).expect("it comes to the tasks");
        divided
    }

    fn takes(&mut self, command: Command) -> Result<Decision, Rejection> {
        let admin = actor("admin");
        let decision =
            decide(&self.order, command, context(&self.scenario, &self.coverage, &admin))?;
        self.order = decision.order.clone();
        Ok(decision)
    }

    fn finishes(&mut self, task: &str) -> Result<Decision, Rejection> {
        self.takes(Command::CompleteTask { task: task.to_owned(), comment: None })
    }

    fn tasks(&self, told: impl Fn(&oms_domain::order::Task) -> String) -> String {
        self.order.tasks.iter().map(told).collect::<Vec<_>>().join(" ")
    }
}

fn context<'a>(
    scenario: &'a Scenario,
    coverage: &'a Coverage,
    actor: &'a oms_domain::rights::Actor,
) -> Context<'a> {
    Context {
        now: MORNING,
        actor,
        scenario,
        neighbourhood: &coverage.neighbourhood,
        workforce: None,
        calendars: Calendars::round_the_clock(),
    }
}

fn transition(code: &str) -> Command {
    let (fields, visit) = (Map::new(), VisitRequest::default());
    Command::Transition { transition: code.to_owned(), fields, comment: None, visit }
}

#[test]
fn each_division_of_the_services_gets_its_task() {
    // what is ordered; who operates the address for what => task:division of each
    let table = "
        internet;           -                                 => site-survey:north-tech access-design:north-tech credit-check:north-sales
        internet+telephony; -                                 => site-survey:north-tech access-design:north-tech credit-check:north-sales
        internet+telephony; internet=north-tech telephony=pbx => site-survey:north-tech site-survey.telephony:pbx access-design:north-tech access-design.telephony:pbx credit-check:north-sales credit-check.telephony:head-sales
        internet+telephony; internet=pbx telephony=north-tech => site-survey.internet:pbx site-survey:north-tech access-design.internet:pbx access-design:north-tech credit-check.internet:head-sales credit-check:north-sales
        internet+telephony; internet=north-tech telephony=desk => site-survey:north-tech site-survey.telephony:pbx access-design:north-tech access-design.telephony:pbx credit-check:north-sales credit-check.telephony:head-sales
        internet+telephony; internet=north-tech telephony=north-sales => site-survey:north-tech access-design:north-tech credit-check:north-sales
        internet+telephony; internet=north-tech telephony=(head) => site-survey:north-tech site-survey.telephony:head access-design:north-tech access-design.telephony:head credit-check:north-sales credit-check.telephony:head
        internet+telephony; internet=north-tech telephony=gone => site-survey:north-tech access-design:north-tech credit-check:north-sales
        telephony;          internet=north-tech telephony=pbx => site-survey:pbx access-design:pbx credit-check:head-sales
    ";
    for line in cases(table) {
        let (given, expected) = line.split_once("=>").expect("two columns");
        let (ordered, words) = given.split_once(';').expect("two parts");
        let divided = Divided::of(ordered.trim(), words.trim().trim_matches('-'));
        let found = divided.tasks(|task| format!("{}:{}", task.code, task.division.code));
        assert_eq!(found, expected.trim(), "{line}");
        for task in &divided.order.tasks {
            assert!(divided.scenario.stages.iter().any(|stage| {
                stage.tasks.iter().any(|definition| definition.code == task.definition())
            }));
        }
    }
}

#[test]
fn what_comes_after_waits_for_every_division_and_so_does_the_order() {
    let mut divided = Divided::of("internet+telephony", "internet=north-tech telephony=pbx");
    let first = &divided.order.tasks[..2];
    assert_eq!(first[0].services, [Service::Internet]);
    assert_eq!(first[1].services, [Service::Telephony]);
    assert!(first[1].name.ends_with(" (telephony)"), "{}", first[1].name);
    // task that is done => states of all, w(aiting) o(pen) d(one)
    let table = "
        credit-check            => o o w w d o
        site-survey             => d o w w d o
        access-design           => waits for site-survey.telephony
        site-survey.telephony   => d d o o d o
        access-design.telephony => d d o d d o
        feasible                => missing access-design, credit-check.telephony
        access-design           => d d d d d o
        access-design           => d d d d d o
        site-survey.internet    => unknown
        credit-check.telephony  => d d d d d d
        feasible                => d d d d d d
    ";
    for line in cases(table) {
        let (step, expected) = line.split_once("=>").expect("two columns");
        let outcome = match step.trim() {
            "feasible" => divided.takes(transition("feasible")),
            task => divided.finishes(task),
        };
        let found = match outcome {
            Ok(_) => divided.tasks(|task| task.state.code()[..1].to_owned()),
            Err(Rejection::TaskWaits { after, .. }) => format!("waits for {after}"),
            Err(Rejection::TasksMissing { tasks }) => format!("missing {tasks}"),
            Err(Rejection::TaskUnknown { .. }) => "unknown".to_owned(),
            Err(other) => panic!("{line}: {other}"),
        };
        assert_eq!(found, expected.trim(), "{line}");
    }
    assert_eq!(divided.order.stage.code, "offer");
}

#[test]
fn what_was_done_of_a_service_stays_done_whoever_operates_it_then() {
    // who operates what; what is done; who operates it then => task:division:state of survey and design; what leads on
    let table = "
        internet=pbx telephony=north-tech; site-survey site-survey.internet; - \
            => site-survey:north-tech:d access-design:north-tech:o
        # the survey of one is no survey of the other
        internet=pbx telephony=north-tech; site-survey; - \
            => site-survey:north-tech:o access-design:north-tech:w
        internet=pbx telephony=north-tech; site-survey; internet=north-tech telephony=pbx \
            => site-survey:north-tech:o site-survey.telephony:north-tech:d access-design:north-tech:w access-design.telephony:pbx:w
        # what was one division's was done for both
        -; site-survey; internet=north-tech telephony=pbx \
            => site-survey:north-tech:d site-survey.telephony:north-tech:d access-design:north-tech:o access-design.telephony:pbx:o
        -; ; internet=north-tech telephony=pbx \
            => site-survey:north-tech:o site-survey.telephony:pbx:o access-design:north-tech:w access-design.telephony:pbx:w
        internet=north-tech telephony=pbx; site-survey; internet=north-tech telephony=(head) \
            => site-survey:north-tech:d site-survey.telephony:head:o access-design:north-tech:w access-design.telephony:head:w
    ";
    for line in cases(table) {
        let (given, expected) = line.split_once("=> ").expect("two columns");
        let [before, done, then] = given.split(';').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let mut divided = Divided::of("internet+telephony", before.trim_matches('-'));
        for task in done.split_whitespace() {
            divided.finishes(task).unwrap_or_else(|rejection| panic!("{line}: {rejection}"));
        }
        divided.coverage = coverage(then.trim_matches('-'));
        let rerouted = Command::Reroute { coverage: Box::new(divided.coverage.clone()) };
        divided.takes(rerouted).unwrap_or_else(|rejection| panic!("{line}: {rejection}"));
        let told = |task: &oms_domain::order::Task| {
            let known =
                format!("{}:{}:{} ", task.code, task.division.code, &task.state.code()[..1]);
            if task.definition() == "credit-check" { String::new() } else { known }
        };
        let found = divided.tasks(told);
        let found =
            found.split_whitespace().filter(|it| !it.ends_with("site-survey.internet:pbx:d"));
        assert_eq!(found.collect::<Vec<_>>().join(" "), expected.trim(), "{line}");
        // Whatever is left can be done, and then the order goes on.
        for _ in 0..divided.order.tasks.len() {
            let open = divided.order.tasks.iter().find(|task| task.state.code() == "open");
            let Some(code) = open.map(|task| task.code.clone()) else { break };
            divided.finishes(&code).unwrap_or_else(|rejection| panic!("{line}: {rejection}"));
        }
        divided
            .takes(transition("feasible"))
            .unwrap_or_else(|rejection| panic!("{line}: {rejection}"));
    }
}

#[test]
fn a_service_that_is_ordered_later_gets_its_task_and_one_that_is_left_out_loses_it() {
    let words = "internet=north-tech telephony=pbx";
    let mut divided = Divided::of("internet+telephony", words);
    divided.scenario.stages.iter_mut().for_each(|stage| stage.redo_when.clear());
    divided.finishes("site-survey").expect("it is open");
    let amended = |divided: &mut Divided, items: serde_json::Value| {
        let document = json!({ "items": items });
        let amendment = Amendment::read(&divided.order, &document, MORNING)
            .unwrap_or_else(|faults| panic!("{faults:?}"));
        let coverage = Some(Box::new(divided.coverage.clone()));
        divided
            .takes(Command::Amend { amendment: Box::new(amendment), coverage })
            .expect("amended");
        divided.tasks(|task| format!("{}:{}", task.code, &task.state.code()[..1]))
    };
    let items: Vec<serde_json::Value> =
        divided.order.items.iter().map(|item| json!(item)).collect();
    let left = amended(&mut divided, json!([items[0]]));
    assert_eq!(left, "site-survey:d access-design:o credit-check:o");
    let both = amended(&mut divided, json!(items));
    assert_eq!(
        both,
        "site-survey:d site-survey.telephony:o access-design:w access-design.telephony:w \
         credit-check:o credit-check.telephony:o"
    );
}

#[test]
fn an_explanation_names_the_divisions_of_the_services_in_both_languages() {
    let divided = Divided::of("internet+telephony", "internet=north-tech telephony=pbx");
    let admin = actor("admin");
    let context = context(&divided.scenario, &divided.coverage, &admin);
    for (language, sentence) in [
        (Language::En, "internet is operated by north-tech, telephony is operated by pbx;"),
        (
            Language::Ru,
            "У её услуг разные подразделения: internet обслуживает north-tech, telephony обслуживает pbx;",
        ),
    ] {
        let told = explain(&divided.order, context, language).place.sentences.remove(0);
        assert!(told.contains(sentence), "{told}");
    }
}

/// An order that was closed long ago comes back to an address whose division is no more.
#[test]
fn the_division_that_is_missing_is_named() {
    let mut divided = Divided::of("internet", "");
    divided.coverage.neighbourhood = Neighbourhood::default();
    for task in ["site-survey", "access-design", "credit-check"] {
        divided.finishes(task).expect("it is done");
    }
    let rejection = divided.takes(transition("feasible")).expect_err("nobody is there");
    assert_eq!(rejection, Rejection::DivisionMissing { division: "north-tech".to_owned() });
}
