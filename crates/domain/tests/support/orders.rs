//! A small operator and its people.

use oms_domain::calendar::Calendars;
use oms_domain::decide::{self, Context, Decision};
use oms_domain::division::{Division, Neighbourhood};
use oms_domain::registration::Registration;
use oms_domain::rights::{Actor, Right};
use oms_domain::routing::{Coverage, CoverageRule};
use oms_domain::scenario::{self, Scenario};
use oms_domain::time::Instant;
use serde_json::Value;
use std::sync::LazyLock;

pub use crate::forms::{MORNING, form};

/// code, parent, kind
const ORGANISATION: &str = "
    head           -      branch
    north          head   branch
    north-sales    north  sales
    north-support  north  support
    north-tech     north  technical
";

pub fn neighbourhood() -> Neighbourhood {
    NEIGHBOURHOOD.clone()
}

/// The same, made once.
pub static NEIGHBOURHOOD: LazyLock<Neighbourhood> = LazyLock::new(|| {
    let division = |line: &str| {
        let [code, parent, kind] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        Division {
            code: code.to_owned(),
            parent_code: Some(parent.to_owned()).filter(|parent| parent != "-"),
            name: code.to_owned(),
            kind: kind.to_owned(),
            timezone: "Asia/Tashkent".to_owned(),
            email: None,
            head: None,
        }
    };
    let lines = ORGANISATION.lines().map(str::trim).filter(|line| !line.is_empty());
    let divisions: Vec<Division> = lines.map(division).collect();
    Neighbourhood::of(&divisions, "north-tech")
});

/// The address is operated by the technical department of the north.
pub fn coverage() -> Coverage {
    let rule = CoverageRule {
        division_code: "north-tech".to_owned(),
        city: Some("Tashkent".to_owned()),
        ..CoverageRule::default()
    };
    Coverage {
        rule: Some(rule),
        beaten: Vec::new(),
        neighbourhood: neighbourhood(),
        by_service: Vec::new(),
    }
}

pub const DESK: [Right; 7] = [
    Right::OrdersRegister,
    Right::OrdersHold,
    Right::OrdersCancel,
    Right::OrdersAmend,
    Right::OrdersAssign,
    Right::OrdersComment,
    Right::DocumentsWrite,
];

/// People by the name of their role.
pub fn actor(role: &str) -> Actor {
    let rights = match role {
        "admin" => vec![Right::Admin],
        "desk" => DESK.to_vec(),
        "sales" => vec![Right::OrdersSales],
        "tech" => vec![Right::OrdersTechnical],
        "support" => vec![Right::OrdersSupport],
        "nobody" | "system" => vec![],
        _ => panic!("nobody is called {role}"),
    };
    Actor::with_rights(role, &rights)
}

pub fn scenario(name: &str) -> &'static Scenario {
    let name = match name {
        "import" => "support-individual",
        "connect-later" => "connect-individual",
        name => name,
    };
    scenario::find(name, 1).unwrap_or_else(|| panic!("there is no scenario {name}"))
}

/// The id of an order of which there is only one.
pub const ID: &str = "019ab5c6-0000-7000-8000-000000000001";

/// The order of a registration, as the administrator registers it in the morning.
pub fn registered(form: &Value, scenario: &'static Scenario) -> Decision {
    registered_as(ID, form, scenario)
}

/// One of several orders.
pub fn registered_as(id: &str, form: &Value, scenario: &'static Scenario) -> Decision {
    registered_by(Calendars::round_the_clock(), MORNING, id, form, scenario)
}

/// The same at any time, where the divisions work by these calendars.
pub fn registered_by(
    calendars: &Calendars,
    now: Instant,
    id: &str,
    form: &Value,
    scenario: &'static Scenario,
) -> Decision {
    let registration = Registration::read(form, now).unwrap_or_else(|faults| panic!("{faults:?}"));
    let coverage = coverage();
    let actor = actor("admin");
    let context = Context {
        now,
        actor: &actor,
        scenario,
        neighbourhood: &coverage.neighbourhood,
        workforce: None,
        calendars,
    };
    let id = id.to_owned();
    let number = "261124-4801-9372".to_owned();
    decide::register(registration, id, number, &coverage, context).expect("it can be registered")
}
