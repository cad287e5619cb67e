//! Steps that lead an order on: what waits is done, then the order leaves its stage.

use crate::properties_steps::Drawn;
use crate::random::Random;
use crate::stories::{Story, sample};
use oms_domain::effect::{Effect, EffectKind};
use oms_domain::order::TaskState;
use oms_domain::provisioning::{is_outdated, is_taken_back, named_obsolete, unnamed};
use oms_domain::scenario::Transition;
use serde_json::json;

/// The effects of one order that nobody has finished.
#[derive(Default)]
pub struct Outbox {
    pub waiting: Vec<Effect>,
    pub fallout: Vec<Effect>,
}

/// What becomes of an effect by a step.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    Finished,
    FellOut,
    WaitsAgain,
}

impl Outbox {
    pub fn settle(&mut self, id: &str, fate: Fate) {
        let mut take = |all: fn(&mut Outbox) -> &mut Vec<Effect>| {
            let place = all(self).iter().position(|effect| effect.id == id)?;
            Some(all(self).remove(place))
        };
        let taken = take(|it| &mut it.waiting).or_else(|| take(|it| &mut it.fallout));
        let effect = taken.expect("it was drawn from the outbox");
        match fate {
            Fate::Finished => {}
            Fate::FellOut => self.fallout.push(effect),
            Fate::WaitsAgain => self.waiting.push(effect),
        }
    }
}

/// What somebody would do who wants the order completed.
pub fn onward(random: &mut Random, story: &Story, outbox: &Outbox) -> Drawn {
    let order = &story.order;
    if order.cancellation_request.is_some() {
        let answer = [
            "desk grants at its price",
            "admin grants",
            "desk refuses",
            "admin refuses",
            "substitute refuses",
        ];
        return Drawn::words(format!("{} because so", random.of(&answer)));
    }
    if !outbox.fallout.is_empty() && random.below(2) == 0 {
        return by_hand(random, outbox);
    }
    if !outbox.waiting.is_empty() && random.below(4) > 0 {
        let effect = random.of(&outbox.waiting);
        return executed(random, story, effect);
    }
    if order.hold.is_some() {
        let end = ["desk resumes", "admin resumes", "system checks"];
        return Drawn::words((*random.of(&end)).to_owned());
    }
    let own = |stage: &str| stage == order.stage.code;
    if let Some(task) =
        order.tasks.iter().find(|task| task.state == TaskState::Open && own(&task.stage))
    {
        return Drawn::words(format!("admin finishes {}", task.code));
    }
    let counts =
        |kind: &str| order.documents.iter().any(|it| it.kind == kind && it.superseded_at.is_none());
    let stage = story.scenario.stage(&order.stage.code).expect("a stage");
    if let Some(kind) = stage.documents.iter().find(|kind| !counts(kind)) {
        return Drawn::words(format!("desk adds {kind}"));
    }
    let leaving = story.scenario.transitions_from(&order.stage.code);
    let leaving: Vec<&Transition> = leaving.filter(|it| it.right.is_some()).collect();
    // A scenario names the usual way first.
    let place = [0, 0, 0, 1, 2][random.below(5) as usize];
    match leaving.get(place).or(leaving.first()) {
        None => Drawn::words(format!("after {}m", 60 * (1 + random.below(100)))),
        Some(transition) => Drawn::words(made(random, transition)),
    }
}

/// With what it must be filled in, and sometimes all else.
fn made(random: &mut Random, transition: &Transition) -> String {
    let all = random.below(2) == 0;
    let fields = transition.fields.iter().filter(|field| all || field.required);
    let fields: String = fields.map(sample).collect();
    format!("admin does {}{fields} because it is so", transition.code)
}

fn number(effect: &Effect) -> &str {
    effect.id.rsplit_once('.').expect("an order and an event").1
}

/// An executor takes an effect, as the components do.
pub fn executed(random: &mut Random, story: &Story, effect: &Effect) -> Drawn {
    let order = &story.order;
    let (kind, number) = (effect.kind, number(effect));
    let is_billing = matches!(kind, EffectKind::Provision | EffectKind::Retire);
    let is_nameless = unnamed(order).is_some() && !is_taken_back(order);
    let (words, fate) = if is_billing && is_outdated(order, &effect.id, &effect.payload) {
        (format!("system outdates of {number}"), Fate::Finished)
    } else if random.below(8) == 0 || is_billing && is_nameless {
        (format!("system fails {} of {number}", kind.code()), Fate::FellOut)
    } else {
        let done = match kind {
            EffectKind::Draw => {
                format!("system draws {}", effect.payload["template"].as_str().expect("one"))
            }
            EffectKind::Provision => "system provisions".to_owned(),
            EffectKind::Retire => {
                match named_obsolete(order, &effect.payload).expect("names of objects") {
                    Some(names) => format!("system retires {}", json!(names)),
                    None => "system retires".to_owned(),
                }
            }
            EffectKind::Escalate => "system tells north".to_owned(),
        };
        (done, Fate::Finished)
    };
    Drawn { words, effect: Some((effect.id.clone(), fate)) }
}

/// A person looks at what has failed for good.
pub fn by_hand(random: &mut Random, outbox: &Outbox) -> Drawn {
    let effect = random.of(&outbox.fallout);
    let (kind, number) = (effect.kind.code(), number(effect));
    let (verb, fate) = match random.below(3) {
        0 => (format!("repairs of {number}"), Fate::WaitsAgain),
        1 => (format!("completes {kind} of {number}"), Fate::Finished),
        _ => (format!("abandons of {number}"), Fate::Finished),
    };
    let words = format!("admin {verb} because so");
    Drawn { words, effect: Some((effect.id.clone(), fate)) }
}
