//! Work inside a stage: tasks open when those before them are done.

use super::change::Change;
use super::{require_not_cancelling, require_not_held, require_open, require_right, transition};
use crate::catalogue::Service;
use crate::division::DivisionReference;
use crate::event::EventType;
use crate::order::{Order, Task, TaskState};
use crate::party::Language;
use crate::rejection::Rejection;
use crate::scenario::{Stage, TaskDefinition};
use serde_json::json;
use std::collections::BTreeSet;

/// The stage's tasks begin anew; what was left open of another stage is cancelled.
pub(super) fn open(change: &mut Change<'_>, stage: &Stage) -> Result<(), Rejection> {
    change.order.tasks.retain(|task| task.stage != stage.code);
    for task in &mut change.order.tasks {
        if matches!(task.state, TaskState::Waiting | TaskState::Open) {
            task.state = TaskState::Cancelled;
        }
    }
    if stage.tasks.is_empty() {
        return Ok(());
    }
    let tasks = of_stage(change, stage)?;
    let to = |task: &Task| json!({ "task": task.code, "division": task.division.code });
    let data = json!({ "tasks": tasks.iter().map(to).collect::<Vec<_>>() });
    let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
    let summary = format!("To do: {}.", names.join(", "));
    change.order.tasks.extend(tasks);
    change.record(EventType::TasksOpened, summary, None, data);
    Ok(())
}

/// The tasks of a stage as they begin.
fn of_stage(change: &Change<'_>, stage: &Stage) -> Result<Vec<Task>, Rejection> {
    let mut tasks = Vec::new();
    for definition in &stage.tasks {
        let kind = definition.division_kind.as_deref().or(stage.division_kind.as_deref());
        for (code, division, services) in parts(change, definition, kind)? {
            let mut task = Task {
                code,
                stage: stage.code.clone(),
                name: String::new(),
                division,
                state: match definition.after.is_empty() {
                    true => TaskState::Open,
                    false => TaskState::Waiting,
                },
                optional: definition.optional,
                completed_at: None,
                completed_by: None,
                comment: None,
                services,
            };
            task.name = task.named(definition.name.get(Language::En));
            tasks.push(task);
        }
    }
    Ok(tasks)
}

/// Who does a task: one division, or one for each part of the services. The part of the division that operates the address
/// for the whole order keeps the task's code, so that whoever knows the scenario knows it.
fn parts(
    change: &Change<'_>,
    definition: &TaskDefinition,
    kind: Option<&str>,
) -> Result<Vec<(String, DivisionReference, Vec<Service>)>, Rejection> {
    let order = &change.order;
    let code = || definition.code.clone();
    let is_ordered = |service: Service| order.items.iter().any(|item| item.service == service);
    let mut found: Vec<(DivisionReference, Vec<Service>)> = Vec::new();
    if definition.per_service {
        for one in order.routing.by_service.iter().filter(|one| is_ordered(one.service)) {
            let division = change.division_of_service(one, kind)?;
            match found.iter_mut().find(|(known, _)| *known == division) {
                Some((_, services)) => services.push(one.service),
                None => found.push((division, vec![one.service])),
            }
        }
    }
    if found.len() < 2 {
        // All of it is one division's, which may be another one than the whole order's by now.
        let only = found.pop().map(|(division, _)| Ok(division));
        let division = only.unwrap_or_else(|| change.division_of_kind(kind))?;
        return Ok(vec![(code(), division, Vec::new())]);
    }
    let whole = change.division_of_kind(kind)?;
    let main = found.iter().position(|(division, _)| *division == whole).unwrap_or_default();
    let part = |(index, (division, services)): (usize, (DivisionReference, Vec<Service>))| {
        let own = match services.first().filter(|_| index != main) {
            Some(service) => format!("{}.{}", definition.code, service.code()),
            None => code(),
        };
        (own, division, services)
    };
    Ok(found.into_iter().enumerate().map(part).collect())
}

/// The tasks of the order's stage by the definitions of a stage and the divisions of now. What was done of a service stays
/// done, whichever part it is in. What is left goes to the division that it is given now, or stays with the one that it has.
pub(super) fn renew(
    change: &mut Change<'_>,
    left: &str,
    stage: &Stage,
    is_moved: bool,
) -> Result<(), Rejection> {
    let mut begun: Vec<Task> = Vec::new();
    change.order.tasks.retain(|task| {
        let own = task.stage == left;
        if own {
            begun.push(task.clone());
        }
        // What was done before in a stage that the order has come back to begins anew, as when a stage is entered.
        !own && task.stage != stage.code
    });
    let mut tasks = of_stage(change, stage)?;
    let (ordered_before, ordered) = (change.services_before(), services(&change.order));
    // A task that names no services is about all that were ordered then.
    let is_about = |task: &Task, service: &Service| {
        let about = if task.services.is_empty() { &ordered_before } else { &task.services };
        about.contains(service)
    };
    for task in &mut tasks {
        let wanted = if task.services.is_empty() { &ordered } else { &task.services };
        let of_definition = begun.iter().filter(|it| it.definition() == task.definition());
        let is_its =
            |it: &&Task| wanted.is_empty() || wanted.iter().any(|service| is_about(it, service));
        let parts: Vec<&Task> = of_definition.filter(is_its).collect();
        let same = parts.iter().find(|it| it.code == task.code).or(parts.first()).copied();
        let is_covered = wanted.iter().all(|service| parts.iter().any(|it| is_about(it, service)));
        let is_done = is_covered && parts.iter().all(|it| it.state == TaskState::Done);
        match same {
            Some(begun) if is_done => {
                task.state = TaskState::Done;
                task.division.clone_from(&begun.division);
                task.completed_at = begun.completed_at;
                task.completed_by.clone_from(&begun.completed_by);
                task.comment.clone_from(&begun.comment);
            }
            Some(begun) if !is_moved && begun.code == task.code => {
                task.division.clone_from(&begun.division);
            }
            Some(_) | None => {}
        }
    }
    let done = done(&tasks);
    for task in tasks.iter_mut().filter(|task| task.state == TaskState::Waiting) {
        let definition = stage.tasks.iter().find(|definition| definition.code == task.definition());
        if definition.is_some_and(|it| it.after.iter().all(|code| done.contains(code))) {
            task.state = TaskState::Open;
        }
    }
    // Work that was done counts in the history of the order even where nobody asks for it any more.
    let is_kept =
        |task: &Task| task.state == TaskState::Done && !tasks.iter().any(|it| it.code == task.code);
    begun.retain(is_kept);
    change.order.tasks.extend(tasks);
    change.order.tasks.extend(begun);
    Ok(())
}

/// The services that an order is about, each once.
pub(super) fn services(order: &Order) -> Vec<Service> {
    let services: BTreeSet<Service> = order.items.iter().map(|item| item.service).collect();
    services.into_iter().collect()
}

pub(super) fn complete(
    change: &mut Change<'_>,
    code: &str,
    comment: Option<String>,
) -> Result<(), Rejection> {
    let stage = change.order.stage.code.clone();
    let unknown = || Rejection::TaskUnknown { task: code.to_owned(), stage: change.stage_name() };
    let scenario = change.context.scenario;
    let definitions =
        scenario.stage(&stage).map(|stage| stage.tasks.as_slice()).unwrap_or_default();
    let of_stage = |task: &Task| task.stage == stage && task.code == code;
    let task = change.order.tasks.iter().find(|task| of_stage(task));
    let definition =
        task.and_then(|task| definitions.iter().find(|it| it.code == task.definition()));
    if let Some(definition) = definition {
        require_right(change, definition.right)?;
    }
    require_open(&change.order)?;
    require_not_held(&change.order)?;
    require_not_cancelling(&change.order)?;
    let (Some(task), Some(definition)) = (task, definition) else { return Err(unknown()) };
    match task.state {
        TaskState::Done => return Ok(()),
        TaskState::Waiting => {
            let after = undone(&change.order, &definition.after).join(", ");
            return Err(Rejection::TaskWaits { task: code.to_owned(), after });
        }
        TaskState::Open | TaskState::Cancelled => {}
    }
    let name = task.name.clone();
    let (now, actor) = (change.context.now, change.context.actor.name.clone());
    for task in change.order.tasks.iter_mut().filter(|task| of_stage(task)) {
        task.state = TaskState::Done;
        task.completed_at = Some(now);
        task.completed_by = Some(actor.clone());
        task.comment.clone_from(&comment);
    }
    let done = done(stage_tasks(&change.order));
    let mut opened = Vec::new();
    for task in change.order.tasks.iter_mut().filter(|task| task.stage == stage) {
        let definition = definitions.iter().find(|it| it.code == task.definition());
        let ready = definition.is_some_and(|it| it.after.iter().all(|code| done.contains(code)));
        if task.state == TaskState::Waiting && ready {
            task.state = TaskState::Open;
            opened.push(task.code.clone());
        }
    }
    let data = json!({ "task": code, "opened": opened });
    change.record(EventType::TaskCompleted, format!("{name}: done."), comment, data);
    transition::reconsider_time(change);
    Ok(())
}

/// Codes of the definitions whose tasks are all done, in each division that has one.
fn done<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> BTreeSet<String> {
    let (mut begun, mut left) = (BTreeSet::new(), BTreeSet::new());
    for task in tasks {
        begun.insert(task.definition().to_owned());
        if task.state != TaskState::Done {
            left.insert(task.definition().to_owned());
        }
    }
    begun.difference(&left).cloned().collect()
}

/// Codes of the tasks of some definitions that are not done.
fn undone(order: &Order, definitions: &[String]) -> Vec<String> {
    let tasks = stage_tasks(order);
    let of = |code: &String| -> Vec<String> {
        let own = tasks.iter().filter(|task| task.definition() == code);
        let left = own.clone().filter(|task| task.state != TaskState::Done);
        match own.count() {
            0 => vec![code.clone()],
            _ => left.map(|task| task.code.clone()).collect(),
        }
    };
    definitions.iter().flat_map(of).collect()
}

/// What must still be done before the stage can be left.
pub(super) fn missing(order: &Order) -> Vec<&str> {
    let missing = |task: &&Task| !task.optional && task.state != TaskState::Done;
    stage_tasks(order).into_iter().filter(missing).map(|task| task.code.as_str()).collect()
}

fn stage_tasks(order: &Order) -> Vec<&Task> {
    order.tasks.iter().filter(|task| task.stage == order.stage.code).collect()
}
