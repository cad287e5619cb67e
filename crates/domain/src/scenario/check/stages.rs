//! Faults of stages.

use super::{Checker, TEMPLATES, graph};
use crate::amendment::Aspect;
use crate::division::DIVISION_KINDS;
use crate::limits::{CODE_CHARACTERS_MAX, VISIT_MINUTES_MAX, VISIT_MINUTES_MIN};
use crate::order::{OrderKind, OrderState};
use crate::scenario::model::{Compensation, EntryAction, Guard, PointOfNoReturn, Stage};

/// States that follow from what happens to an order, not from where it is.
const DERIVED_STATES: [OrderState; 4] = [
    OrderState::Held,
    OrderState::Partial,
    OrderState::AssessingCancellation,
    OrderState::PendingCancellation,
];

impl Checker<'_> {
    pub(super) fn stages(&mut self) {
        let scenario = self.scenario;
        let codes = scenario.stages.iter().enumerate();
        self.once(
            "Stage",
            codes.map(|(i, stage)| (format!("/stages/{i}/code"), stage.code.as_str())),
        );
        let reachable = graph::reachable(scenario);
        for (index, stage) in scenario.stages.iter().enumerate() {
            let at = format!("/stages/{index}");
            let name = &stage.code;
            self.code(format!("{at}/code"), name);
            self.text(&format!("{at}/name"), &stage.name);
            if !reachable.contains(name.as_str()) {
                let message = format!(
                    "No transition leads to stage {name:?}; add one, or take the stage out."
                );
                self.fault(format!("{at}/code"), "unreachable-stage", message);
            }
            if DERIVED_STATES.contains(&stage.state) {
                let message = format!(
                    "{} follows from what happens to an order; give stage {name:?} another state.",
                    stage.state.code()
                );
                self.fault(format!("{at}/state"), "state-is-derived", message);
            }
            self.division_kind(&format!("{at}/divisionKind"), stage.division_kind.as_deref());
            self.ways_out(&at, stage);
            self.deadline(&at, stage);
            self.entry_actions(&at, stage);
            self.tasks(&at, stage);
            self.pauses(&at, stage);
            self.checklist(&at, stage);
            self.ladder(&at, stage);
            self.taking_back(&at, stage);
            self.redoing(&at, stage);
        }
    }

    /// Orders that make services or change them have objects in the billing system to make or to bring in line.
    fn makes_objects(&self) -> bool {
        matches!(self.scenario.order_kind, OrderKind::Connect | OrderKind::Change)
    }

    fn division_kind(&mut self, pointer: &str, kind: Option<&str>) {
        if let Some(kind) = kind.filter(|kind| !DIVISION_KINDS.contains(kind)) {
            let message = format!(
                "There is no division kind {kind:?}; there are {}.",
                DIVISION_KINDS.join(", ")
            );
            self.fault(pointer, "unknown-division-kind", message);
        }
    }

    fn ways_out(&mut self, at: &str, stage: &Stage) {
        let name = &stage.code;
        if stage.state.is_open() && !graph::reaches_end(self.scenario, name) {
            let message = format!("No way leads from stage {name:?} to an end; add a transition.");
            self.fault(format!("{at}/code"), "no-end", message);
        }
        let mut leaving = self.scenario.transitions_from(name);
        let reopens = |guard: &Guard| matches!(guard, Guard::ClosedWithin { .. });
        if stage.state.is_closed() && leaving.any(|way| !way.guards.iter().any(reopens)) {
            let message = format!(
                "Stage {name:?} closes the order, yet a transition leaves it; give that the guard \
                 closedWithin, or the stage an open state."
            );
            self.fault(format!("{at}/state"), "end-with-exit", message);
        }
    }

    fn deadline(&mut self, at: &str, stage: &Stage) {
        let (name, pointer) = (&stage.code, format!("{at}/deadlineMinutes"));
        match stage.deadline_minutes {
            None if stage.state.is_open() => {
                let message = format!("Orders wait in stage {name:?}; give it a deadline.");
                self.fault(pointer, "no-deadline", message);
            }
            Some(_) if stage.state.is_closed() => {
                let message = format!("Nobody waits in stage {name:?}; take the deadline out.");
                self.fault(pointer, "deadline-at-an-end", message);
            }
            Some(minutes) if minutes <= 0 => {
                let message = "A deadline is a whole number of minutes above zero.";
                self.fault(pointer, "not-positive", message);
            }
            Some(_) | None => {}
        }
    }

    fn entry_actions(&mut self, at: &str, stage: &Stage) {
        for (position, action) in stage.on_entry.iter().enumerate() {
            let pointer = format!("{at}/onEntry/{position}");
            match action {
                EntryAction::Draw { template } if !TEMPLATES.contains(&template.as_str()) => {
                    let message = format!(
                        "There is no template {template:?}; there are {}.",
                        TEMPLATES.join(", ")
                    );
                    self.fault(format!("{pointer}/template"), "unknown-template", message);
                }
                EntryAction::Provision if !self.makes_objects() => {
                    let message = format!(
                        "A {} order makes no objects in the billing system; take the action out.",
                        self.scenario.order_kind.code()
                    );
                    self.fault(pointer, "nothing-to-provision", message);
                }
                EntryAction::Book { skill, duration_minutes } => {
                    self.visit(&pointer, stage, position, skill.as_deref(), *duration_minutes);
                }
                EntryAction::Draw { .. } | EntryAction::Provision | EntryAction::Retire => {}
            }
        }
    }

    fn visit(
        &mut self,
        pointer: &str,
        stage: &Stage,
        position: usize,
        skill: Option<&str>,
        minutes: i64,
    ) {
        if let Some(skill) = skill {
            let checked = crate::input::check_text(skill, CODE_CHARACTERS_MAX, false);
            if checked != Ok(skill) || skill.to_lowercase() != skill {
                let message = format!("{skill:?} is no skill: a word or two in small letters.");
                self.fault(format!("{pointer}/skill"), "bad-skill", message);
            }
        }
        let bounds = i64::from(VISIT_MINUTES_MIN)..=i64::from(VISIT_MINUTES_MAX);
        if !bounds.contains(&minutes) {
            let message = format!(
                "A visit takes from {VISIT_MINUTES_MIN} to {VISIT_MINUTES_MAX} minutes; make it several stages if it takes longer."
            );
            self.fault(format!("{pointer}/durationMinutes"), "duration-out-of-bounds", message);
        }
        let books = |action: &EntryAction| matches!(action, EntryAction::Book { .. });
        if stage.on_entry.iter().position(books) != Some(position) {
            let message = "The stage books a visit already; one stage has one visit.";
            self.fault(pointer, "books-twice", message);
        }
        let scenario = self.scenario;
        let mut coming = scenario.transitions.iter().filter(|way| way.to == stage.code);
        let by_itself = coming
            .any(|way| way.automatic_after.is_some() || way.automatic_after_minutes.is_some());
        if by_itself || scenario.initial_stage == stage.code || stage.state.is_closed() {
            let message = format!(
                "Nobody is there to agree on the time when stage {:?} is entered; let a person bring the order there, and keep it open.",
                stage.code
            );
            self.fault(pointer, "nobody-books", message);
        }
    }

    fn tasks(&mut self, at: &str, stage: &Stage) {
        let codes = stage.tasks.iter().enumerate();
        self.once(
            "Task",
            codes.map(|(i, task)| (format!("{at}/tasks/{i}/code"), task.code.as_str())),
        );
        for (index, task) in stage.tasks.iter().enumerate() {
            let at = format!("{at}/tasks/{index}");
            self.code(format!("{at}/code"), &task.code);
            self.text(&format!("{at}/name"), &task.name);
            self.division_kind(&format!("{at}/divisionKind"), task.division_kind.as_deref());
            for before in &task.after {
                if !stage.tasks.iter().any(|task| task.code == *before) {
                    let message = format!(
                        "Task {:?} comes after {before:?}, which is no task of this stage.",
                        task.code
                    );
                    self.fault(format!("{at}/after"), "unknown-task", message);
                }
            }
        }
        let stuck = graph::stuck(&stage.tasks);
        if !stuck.is_empty() {
            let message = format!("These tasks wait for each other: {}.", stuck.join(", "));
            self.fault(format!("{at}/tasks"), "task-cycle", message);
        }
        let awaited = self.guarded(stage, |guard| matches!(guard, Guard::Tasks));
        if stage.tasks.iter().any(|task| !task.optional) && !awaited {
            let message = "Nothing waits for these tasks; give a transition the guard tasks, or make them optional.";
            self.fault(format!("{at}/tasks"), "tasks-never-awaited", message);
        }
        if stage.state.is_closed() && !stage.tasks.is_empty() {
            let message = "Nobody works on a closed order; put the tasks into a stage before.";
            self.fault(format!("{at}/tasks"), "tasks-at-an-end", message);
        }
    }

    fn pauses(&mut self, at: &str, stage: &Stage) {
        let codes = stage.pause_reasons.iter().enumerate();
        let codes = codes.map(|(i, it)| (format!("{at}/pauseReasons/{i}/code"), it.code.as_str()));
        self.once("Pause reason", codes);
        for (index, reason) in stage.pause_reasons.iter().enumerate() {
            self.code(format!("{at}/pauseReasons/{index}/code"), &reason.code);
            self.text(&format!("{at}/pauseReasons/{index}/name"), &reason.name);
        }
    }

    fn checklist(&mut self, at: &str, stage: &Stage) {
        for (index, kind) in stage.documents.iter().enumerate() {
            let pointer = format!("{at}/documents/{index}");
            self.code(pointer.clone(), kind);
            if !self.can_have_document(kind) {
                let message =
                    format!("No stage draws a {kind:?}; draw it, or take it off the checklist.");
                self.fault(pointer, "document-never-drawn", message);
            }
        }
        let required = self.guarded(stage, |guard| matches!(guard, Guard::Checklist));
        if !stage.documents.is_empty() && !required {
            let message = "Nothing requires this checklist; give a transition the guard checklist.";
            self.fault(format!("{at}/documents"), "checklist-never-required", message);
        }
    }

    fn taking_back(&mut self, at: &str, stage: &Stage) {
        match &stage.point_of_no_return {
            Some(_) if stage.state.is_closed() => {
                let message = "A closed order can't be cancelled anyway; take this out.";
                self.fault(format!("{at}/pointOfNoReturn"), "no-return-at-an-end", message);
            }
            Some(PointOfNoReturn::Soft { penalty }) => {
                self.text(&format!("{at}/pointOfNoReturn/penalty"), penalty);
            }
            Some(PointOfNoReturn::Hard) | None => {}
        }
        let retires = stage.compensation.contains(&Compensation::Retire);
        if stage.on_entry.contains(&EntryAction::Provision) && !retires {
            let message = "What is made in the billing system must be taken back on cancellation; add the compensation retire.";
            self.fault(format!("{at}/compensation"), "compensation-missing", message);
        }
        for (index, compensation) in stage.compensation.iter().enumerate() {
            if let Compensation::Supersede { document } = compensation
                && !self.draws(document)
                && !stage.documents.contains(document)
            {
                let message = format!(
                    "Stage {:?} neither draws nor requires a {document:?}; nothing is taken back.",
                    stage.code
                );
                self.fault(format!("{at}/compensation/{index}"), "nothing-to-take-back", message);
            }
        }
    }

    fn redoing(&mut self, at: &str, stage: &Stage) {
        let is_redone = Aspect::ALL.iter().any(|aspect| stage.is_redone_when(*aspect));
        if stage.redo_only_here && !is_redone {
            let message = format!(
                "Nothing redoes stage {:?}; name in redoWhen what it depends on, or take redoOnlyHere out.",
                stage.code
            );
            self.fault(format!("{at}/redoOnlyHere"), "redoes-nothing", message);
        }
    }

    /// A transition out of the stage has such a guard.
    fn guarded(&self, stage: &Stage, is: impl Fn(&Guard) -> bool) -> bool {
        self.scenario.transitions_from(&stage.code).any(|way| way.guards.iter().any(&is))
    }
}
