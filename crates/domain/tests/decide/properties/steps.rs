//! What people and the system do next with an order, drawn by chance: likely to be possible, and sometimes not.

use crate::properties_onward::{Fate, Outbox, by_hand, executed, onward};
use crate::properties_operators::{SCENARIOS, built_in_code};
use crate::random::Random;
use crate::stories::{Story, sample};
use oms_domain::amendment::Amendment;
use oms_domain::order::OrderKind;
use oms_domain::scenario::Scenario;
use oms_domain::time::Instant;
use serde_json::{Value, json};

/// A step, and what becomes of which effect by it.
pub struct Drawn {
    pub words: String,
    pub effect: Option<(String, Fate)>,
}

impl Drawn {
    pub fn words(words: String) -> Drawn {
        Drawn { words, effect: None }
    }
}

pub const ROLES: [&str; 6] = ["admin", "desk", "sales", "tech", "support", "substitute"];

/// One step.
pub fn step(random: &mut Random, story: &Story, outbox: &Outbox) -> Drawn {
    let role = *random.of(&ROLES);
    if let Some(words) = fitting(random, story, role) {
        return Drawn::words(words);
    }
    let stage = story.scenario.stage(&story.order.stage.code).expect("a stage");
    let words = match random.below(44) {
        0..=18 => return onward(random, story, outbox),
        19..=22 => any_transition(random, story),
        23 => {
            let kinds = ["contract", "work-order", "acceptance-act", "photo"];
            let kind = stage.documents.first().map_or(*random.of(&kinds), String::as_str);
            format!("{} {kind}", random.of(&["system draws", "desk adds"]))
        }
        24 | 25 => match stage.pause_reasons.is_empty() {
            true => format!("{role} holds for {}m because of the weather", 1 + random.below(9_000)),
            false => format!("{role} holds as {} because so", random.of(&stage.pause_reasons).code),
        },
        26 => format!("{role} resumes"),
        27 => match stage.tasks.is_empty() {
            true => format!("{role} finishes nothing"),
            false => format!("admin finishes {}", random.of(&stage.tasks).code),
        },
        28 | 29 => amendment(random, story, role),
        30 => random.of(&["system provisions", "system retires"]).to_string(),
        31 => format!("{role} {}", random.of(&["gives desk", "takes", "says hello"])),
        32 => match outbox.waiting.is_empty() {
            true => format!("system {}", random.of(&["tells north", "fails draw"])),
            false => {
                let effect = random.of(&outbox.waiting).clone();
                return executed(random, story, &effect);
            }
        },
        33 => match outbox.fallout.is_empty() {
            true => format!("admin {} because so", random.of(&["repairs", "completes provision"])),
            false => return by_hand(random, outbox),
        },
        34 => "system checks".to_owned(),
        35 => format!("{role} moves{} because so", visit(random, story.now)),
        36 => {
            let verb = random.of(&["asks", "grants", "grants at its price", "refuses"]);
            format!("{} {verb} because he moved", random.of(&["desk", "desk", role]))
        }
        37 => format!("{role} cancels{} because so", random.of(&["", " at its price"])),
        38..=40 => migration(random, story),
        41 => format!("{role} answers because it is taken care of"),
        _ => format!("after {}m", 1 + random.below(6_000)),
    };
    Drawn::words(words)
}

/// What is possible only where the order is now, and would seldom meet it there.
fn fitting(random: &mut Random, story: &Story, role: &str) -> Option<String> {
    let order = &story.order;
    let stage = story.scenario.stage(&order.stage.code).expect("a stage");
    let is_escalated = !order.escalation.rungs.is_empty() && order.escalation.answered.is_none();
    let waits = order.hold.as_ref().is_some_and(|hold| hold.waits_for_start(story.now));
    let is_due = order.next_check_at().is_some_and(|at| at <= story.now);
    let words = if is_due && random.below(2) == 0 {
        "system checks".to_owned()
    } else if is_escalated && random.below(4) == 0 {
        format!("{role} answers because it is taken care of")
    } else if stage.visit().is_some() && random.below(3) == 0 {
        format!("{} moves{} because so", random.of(&["admin", role]), visit(random, story.now))
    } else if waits && random.below(4) == 0 {
        start(random, story, role, "")
    } else {
        return None;
    };
    Some(words)
}

fn start(random: &mut Random, story: &Story, role: &str, price: &str) -> String {
    let patch = json!({ "requestedStartDate": day(random, story.now) });
    amended(story, role, &patch, price)
}

fn any_transition(random: &mut Random, story: &Story) -> String {
    let scenario = story.scenario;
    let leaving: Vec<_> = scenario.transitions_from(&story.order.stage.code).collect();
    let transition = match leaving.is_empty() || random.below(8) == 0 {
        true => random.of(&scenario.transitions),
        false => *random.of(&leaving),
    };
    let fields = transition.fields.iter().filter(|_| random.below(4) > 0);
    let mut fields: String = fields.map(sample).collect();
    let to = scenario.stage(&transition.to).expect("a stage");
    if to.visit().is_some() && random.below(2) == 0 {
        fields.push_str(&visit(random, story.now));
    }
    format!("admin does {}{fields} because it is so", transition.code)
}

/// A time that was agreed on within the next days, often one that others want as well.
fn visit(random: &mut Random, now: Instant) -> String {
    let minutes = 30 * (1 + random.below(60)) as i64 + 10 * random.below(2) as i64;
    let who = *random.of(&["", " who=anvar", " who=bekzod", " who=clara"]);
    let over = if random.below(6) == 0 { " over=true" } else { "" };
    format!(" at={}{who}{over}", now.plus_minutes(minutes))
}

/// What can be amended of every order.
const AMENDMENTS: [&str; 7] = [
    r#"{"priority":"urgent"}"#,
    r#"{"address":{"house":"77"}}"#,
    r#"{"address":{"flat":null}}"#,
    r#"{"party":{"phone":"+998907654321"}}"#,
    r#"{"externalId":"crm-9"}"#,
    r#"{"description":"The lamp is red"}"#,
    r#"{"requestedStartDate":null}"#,
];

fn amendment(random: &mut Random, story: &Story, role: &str) -> String {
    let role = *random.of(&["desk", "admin", role]);
    let price = *random.of(&["", " at its price"]);
    let patch: Value = match random.below(8) {
        0..=2 => items(random, story.order.kind),
        3 => return start(random, story, role, price),
        4 | 5 => json!({ "requestedDate": day(random, story.now) }),
        _ => {
            let text: &str = *random.of(&AMENDMENTS);
            serde_json::from_str(text).expect("it is JSON")
        }
    };
    amended(story, role, &patch, price)
}

/// What is no sound amendment of this order does not come to a decision.
fn amended(story: &Story, role: &str, patch: &Value, price: &str) -> String {
    match Amendment::read(&story.order, patch, story.now) {
        Ok(_) => format!("{role} amends {patch}{price}"),
        Err(_) => format!(r#"{role} amends {{"priority":"high"}}{price}"#),
    }
}

/// One of the next days.
pub fn day(random: &mut Random, now: Instant) -> String {
    now.plus_minutes(24 * 60 * (1 + random.below(8) as i64)).date().to_string()
}

/// Other services, other tariffs, or the service that is meant.
fn items(random: &mut Random, kind: OrderKind) -> Value {
    let action = match kind {
        OrderKind::Connect => "add",
        OrderKind::Change => "modify",
        OrderKind::Disconnect => "delete",
        OrderKind::Support => return json!({ "symptom": random.of(&["Slow", "It is noisy"]) }),
    };
    let tariff = *random.of(&["home-100", "home-300"]);
    let internet = json!({ "id": "1", "service": "internet", "action": action, "tariff": tariff });
    let named = |mut item: Value, id: u64| {
        item["serviceId"] = json!(format!("service-261124-4801-9375-{id}"));
        item
    };
    let telephony =
        || json!({ "id": "2", "service": "telephony", "action": action, "tariff": "line" });
    let is_new = kind == OrderKind::Connect;
    let items = match (random.below(4), is_new) {
        (0, true) => vec![internet, telephony()],
        (1, true) => vec![telephony()],
        (_, true) => vec![internet],
        (0, false) => vec![named(internet, 1), named(telephony(), 2)],
        (1, false) => vec![internet],
        (_, false) => {
            let id = 1 + random.below(2);
            vec![named(internet, id)]
        }
    };
    json!({ "items": items })
}

/// To another version of the order's scenario, mostly; its stages are named by what they are called there, or not at all.
fn migration(random: &mut Random, story: &Story) -> String {
    let same: Vec<&Scenario> =
        SCENARIOS.iter().filter(|it| it.code == story.scenario.code).collect();
    let to = match random.below(12) {
        0 => random.of(&SCENARIOS),
        _ => *random.of(&same),
    };
    let mut words = format!("admin migrates {} {}", to.code, to.version);
    let is_mapped = random.below(4) > 0;
    for stage in story.scenario.stages.iter().filter(|_| is_mapped) {
        let is_same = |code: &str| built_in_code(code) == built_in_code(&stage.code);
        let same = to.stages.iter().find(|it| is_same(&it.code)).filter(|_| random.below(60) > 0);
        let counterpart = same.unwrap_or_else(|| random.of(&to.stages));
        if counterpart.code != stage.code {
            words.push_str(&format!(" {}={}", stage.code, counterpart.code));
        }
    }
    words
}
