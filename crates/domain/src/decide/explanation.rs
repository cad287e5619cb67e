//! Why an order is where it is, who can move it, what is missing, and what happens then: one answer in words.

use super::change::Change;
use super::transition::{apply, available};
use super::{Context, Obstacle};
use crate::effect::EffectKind;
use crate::order::Order;
use crate::party::Language;
use crate::rights::Right;
use crate::routing::ServiceDivision;
use crate::scenario::{FieldDefinition, Transition};
use crate::time::Instant;
use serde::Serialize;
use serde_json::Map;

/// The answer; its words are in the language that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    #[serde(rename = "where")]
    pub place: Place,
    /// Who makes each transition out of the stage.
    pub who: Vec<Who>,
    /// What keeps this caller from making it.
    pub missing: Vec<Missing>,
    /// What it would cause, once nothing is missing.
    pub next: Vec<Next>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    pub stage: String,
    pub name: String,
    pub since: Instant,
    pub due_at: Option<Instant>,
    /// When the product itself makes it leave.
    pub leaves_at: Option<Instant>,
    pub division: String,
    pub assignee: Option<String>,
    /// All of it in sentences.
    pub sentences: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Who {
    pub transition: String,
    pub name: String,
    /// The right that a person needs; None: only the product makes it.
    pub right: Option<&'static str>,
    pub sentence: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    pub transition: String,
    pub allowed: bool,
    pub obstacles: Vec<Reason>,
    /// Fields that must be filled in with it, and whether a reason must be given.
    pub fields: Vec<String>,
    pub comment_required: bool,
}

/// A stable word and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub code: String,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Next {
    pub transition: String,
    pub stage: String,
    pub name: String,
    pub state: &'static str,
    pub division: String,
    pub due_at: Option<Instant>,
    pub tasks: Vec<String>,
    /// What is to be done outside of the order.
    pub effects: Vec<EffectKind>,
    pub sentence: String,
}

/// Explains an order to a caller. What would happen is decided by the same rules that make it happen.
pub fn explain(order: &Order, context: Context<'_>, language: Language) -> Explanation {
    let transitions: Vec<&Transition> =
        context.scenario.transitions_from(&order.stage.code).collect();
    let missing = available(order, context).into_iter().map(|available| Missing {
        transition: available.transition,
        allowed: available.allowed,
        obstacles: available.obstacles.iter().map(|it| reason(it, language)).collect(),
        fields: available.fields.iter().filter(|it| it.required).map(field).collect(),
        comment_required: available.comment_required,
    });
    Explanation {
        place: place(order, context, language),
        who: transitions.iter().map(|transition| who(transition, language)).collect(),
        missing: missing.collect(),
        next: transitions.iter().filter_map(|it| next(order, context, it, language)).collect(),
    }
}

fn reason(obstacle: &Obstacle, language: Language) -> Reason {
    let message = obstacle.messages.get(language).to_owned();
    Reason { code: obstacle.code.clone(), message }
}

fn field(definition: &FieldDefinition) -> String {
    definition.code.clone()
}

fn words<'a>(language: Language, en: &'a str, ru: &'a str) -> &'a str {
    match language {
        Language::En => en,
        Language::Ru => ru,
    }
}

fn stage_name(context: Context<'_>, order: &Order, language: Language) -> String {
    let stage = context.scenario.stage(&order.stage.code);
    stage.map_or(order.stage.name.as_str(), |stage| stage.name.get(language)).to_owned()
}

fn place(order: &Order, context: Context<'_>, language: Language) -> Place {
    let name = stage_name(context, order, language);
    let say = |en: String, ru: String| match language {
        Language::En => en,
        Language::Ru => ru,
    };
    let mut sentences = vec![routed(order, language)];
    let (since, due_at) = (order.stage.entered_at, order.stage.due_at);
    sentences.push(say(
        format!("It has been in {name:?} since {since}."),
        format!("Она на этапе {name:?} с {since}."),
    ));
    if let Some(due) = due_at {
        sentences.push(match due < context.now {
            true => say(
                format!("It should have left by {due}."),
                format!("Она должна была уйти оттуда до {due}."),
            ),
            false => {
                say(format!("It must leave by {due}."), format!("Она должна уйти оттуда до {due}."))
            }
        });
    }
    if let Some(hold) = &order.hold {
        let since = hold.since;
        sentences.push(say(
            format!("It is on hold since {since}: {}.", hold.reason),
            format!("Она приостановлена с {since}: {}.", hold.reason),
        ));
        if let Some(until) = hold.until {
            sentences.push(say(
                format!("The hold ends by itself at {until}."),
                format!("Приостановка закончится сама в {until}."),
            ));
        }
    }
    if let Some(cancellation) = &order.cancellation {
        sentences.push(say(
            format!("It is being cancelled: {}.", cancellation.reason),
            format!("Она отменяется: {}.", cancellation.reason),
        ));
    }
    if let Some(request) = &order.cancellation_request {
        let (by, since, reason) = (&request.requested_by, request.requested_at, &request.reason);
        sentences.push(say(
            format!("{by} has asked to cancel it at {since}: {reason}. It waits for an answer."),
            format!("{by} просит её отменить с {since}: {reason}. Она ждёт ответа."),
        ));
    }
    if order.has_fallout {
        let en = "Work of the system has failed for good and waits for a person.";
        let ru = "Работа системы не удалась окончательно и ждёт человека.";
        sentences.push(words(language, en, ru).to_owned());
    }
    if let Some(leaves) = order.leaves_at.filter(|_| order.is_moving() && order.is_open()) {
        sentences.push(say(
            format!("It goes on by itself at {leaves}."),
            format!("Она пойдёт дальше сама в {leaves}."),
        ));
    }
    Place {
        stage: order.stage.code.clone(),
        name,
        since,
        due_at,
        leaves_at: order.leaves_at,
        division: order.division.name.clone(),
        assignee: order.assignee.clone(),
        sentences,
    }
}

/// Why the order is at its division. The English sentence is kept with the order; the Russian one is made of the same facts.
fn routed(order: &Order, language: Language) -> String {
    if language == Language::En {
        return order.routing.reason.clone();
    }
    let routing = &order.routing;
    let covering = routing.covering.as_ref().unwrap_or(&order.division);
    let mut sentence = match &routing.rule {
        Some(rule) => format!("Адрес обслуживает {}: правило {}.", covering.name, rule.describe()),
        None => {
            format!("Ни одно правило не подходит к этому адресу; заявка ждёт в {}.", covering.name)
        }
    };
    if let Some(beaten) = routing.beaten.first().filter(|it| it.division_code != covering.code) {
        let (rule, division) = (beaten.describe(), &beaten.division_code);
        sentence.push_str(&format!(" Оно точнее, чем правило {rule} подразделения {division}."));
    }
    if !routing.by_service.is_empty() {
        let each = |one: &ServiceDivision| {
            format!("{} обслуживает {}", one.service.code(), one.division.name)
        };
        let all = routing.by_service.iter().map(each).collect::<Vec<_>>().join(", ");
        sentence.push_str(&format!(
            " У её услуг разные подразделения: {all}; решает самое точное правило из всех."
        ));
    }
    if let Some(kind) = routing.division_kind.as_deref().filter(|_| !routing.unmatched)
        && order.division.code != covering.code
    {
        let name = &order.division.name;
        sentence.push_str(&format!(" Этапу нужно подразделение вида {kind}; ближайшее: {name}."));
    }
    sentence
}

fn who(transition: &Transition, language: Language) -> Who {
    let name = transition.name.get(language).to_owned();
    let person = |right: Right| match language {
        Language::En => format!("{name}: a person with the right {} can.", right.code()),
        Language::Ru => format!("{name}: может человек с правом {}.", right.code()),
    };
    let product = || {
        let after = match (transition.automatic_after, transition.automatic_after_minutes) {
            (Some(kind), _) => kind.code().to_owned(),
            (None, Some(minutes)) => match language {
                Language::En => format!("{minutes} minutes in the stage"),
                Language::Ru => format!("{minutes} минут на этапе"),
            },
            (None, None) => words(language, "nothing", "ничего").to_owned(),
        };
        match language {
            Language::En => format!("{name}: the product does it by itself, after {after}."),
            Language::Ru => format!("{name}: система сделает сама, после: {after}."),
        }
    };
    let sentence = transition.right.map_or_else(product, person);
    let right = transition.right.map(Right::code);
    Who { transition: transition.code.clone(), name, right, sentence }
}

/// None: the order could not enter the stage, because there is no organisation.
fn next(
    order: &Order,
    context: Context<'_>,
    transition: &Transition,
    language: Language,
) -> Option<Next> {
    let mut change = Change::new(order.clone(), context);
    apply(&mut change, transition, Map::new(), None).ok()?;
    let decision = change.into_decision();
    let after = &decision.order;
    let name = stage_name(context, after, language);
    let stage = context.scenario.stage(&after.stage.code)?;
    let tasks: Vec<String> =
        stage.tasks.iter().map(|task| task.name.get(language).to_owned()).collect();
    let (moves, division) = (after.division != order.division, &after.division.name);
    let mut sentence = match language {
        Language::En => format!("The order comes to {name:?}"),
        Language::Ru => format!("Заявка перейдёт на этап {name:?}"),
    };
    if moves {
        sentence.push_str(words(language, ", at ", ", подразделение "));
        sentence.push_str(division);
    }
    if after.is_closed() {
        sentence.push_str(words(language, ", and is closed", ", и закроется"));
    }
    sentence.push('.');
    Some(Next {
        transition: transition.code.clone(),
        stage: after.stage.code.clone(),
        name,
        state: after.state.code(),
        division: division.clone(),
        due_at: after.stage.due_at,
        tasks,
        effects: decision.effects.iter().map(|effect| effect.kind).collect(),
        sentence,
    })
}
