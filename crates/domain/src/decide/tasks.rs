//! Work inside a stage: tasks open when those before them are done.

use super::change::Change;
use super::{require_not_cancelling, require_not_held, require_open, require_right, transition};
use crate::event::EventType;
use crate::order::{Order, Task, TaskState};
use crate::party::Language;
use crate::rejection::Rejection;
use crate::scenario::Stage;
use serde_json::json;

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
    for definition in &stage.tasks {
        let kind = definition.division_kind.as_deref().or(stage.division_kind.as_deref());
        let division = change.division_of_kind(kind)?;
        change.order.tasks.push(Task {
            code: definition.code.clone(),
            stage: stage.code.clone(),
            name: definition.name.get(Language::En).to_owned(),
            division,
            state: if definition.after.is_empty() { TaskState::Open } else { TaskState::Waiting },
            optional: definition.optional,
            completed_at: None,
            completed_by: None,
            comment: None,
        });
    }
    let tasks = stage_tasks(&change.order);
    let to = |task: &&Task| json!({ "task": task.code, "division": task.division.code });
    let data = json!({ "tasks": tasks.iter().map(to).collect::<Vec<_>>() });
    let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
    change.record(EventType::TasksOpened, format!("To do: {}.", names.join(", ")), None, data);
    Ok(())
}

/// What is left to do in the stage goes to the divisions that the order's coverage names now; what is done stays.
pub(super) fn reroute(change: &mut Change<'_>, stage: &Stage) -> Result<(), Rejection> {
    for definition in &stage.tasks {
        let kind = definition.division_kind.as_deref().or(stage.division_kind.as_deref());
        let division = change.division_of_kind(kind)?;
        let is_left = |task: &&mut Task| {
            task.stage == stage.code
                && task.code == definition.code
                && matches!(task.state, TaskState::Waiting | TaskState::Open)
        };
        if let Some(task) = change.order.tasks.iter_mut().find(is_left) {
            task.division = division;
        }
    }
    Ok(())
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
    let definition = definitions.iter().find(|definition| definition.code == code);
    if let Some(definition) = definition {
        require_right(change, definition.right)?;
    }
    require_open(&change.order)?;
    require_not_held(&change.order)?;
    require_not_cancelling(&change.order)?;
    let definition = definition.ok_or_else(unknown)?;
    let of_stage = |task: &Task| task.stage == stage && task.code == code;
    let task = change.order.tasks.iter().find(|task| of_stage(task)).ok_or_else(unknown)?;
    match task.state {
        TaskState::Done => return Ok(()),
        TaskState::Waiting => {
            let done = |before: &&String| {
                stage_tasks(&change.order)
                    .iter()
                    .any(|task| task.code == **before && task.state == TaskState::Done)
            };
            let before: Vec<&str> = definition
                .after
                .iter()
                .filter(|before| !done(before))
                .map(String::as_str)
                .collect();
            return Err(Rejection::TaskWaits { task: code.to_owned(), after: before.join(", ") });
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
    let done: Vec<String> = stage_tasks(&change.order)
        .iter()
        .filter(|task| task.state == TaskState::Done)
        .map(|task| task.code.clone())
        .collect();
    let mut opened = Vec::new();
    for task in change.order.tasks.iter_mut().filter(|task| task.stage == stage) {
        let definition = definitions.iter().find(|definition| definition.code == task.code);
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

/// What must still be done before the stage can be left.
pub(super) fn missing(order: &Order) -> Vec<&str> {
    let missing = |task: &&Task| !task.optional && task.state != TaskState::Done;
    stage_tasks(order).into_iter().filter(missing).map(|task| task.code.as_str()).collect()
}

fn stage_tasks(order: &Order) -> Vec<&Task> {
    order.tasks.iter().filter(|task| task.stage == order.stage.code).collect()
}
