//! Faults of escalation ladders.

use super::Checker;
use crate::limits::{LADDER_RECEIVERS_MAX, LADDER_REPEATS_MAX, LADDER_RUNGS_MAX};
use crate::party::is_email;
use crate::scenario::ladder::{Receiver, Rung, RungMoment};
use crate::scenario::model::Stage;
use crate::staff::is_login;

impl Checker<'_> {
    pub(super) fn ladder(&mut self, at: &str, stage: &Stage) {
        let at = format!("{at}/ladder");
        let codes = stage.ladder.iter().enumerate();
        self.once("Rung", codes.map(|(i, rung)| (format!("{at}/{i}/code"), rung.code.as_str())));
        for (index, rung) in stage.ladder.iter().enumerate() {
            self.rung(&format!("{at}/{index}"), rung);
        }
        if stage.ladder.is_empty() {
            return;
        }
        if stage.ladder.len() > LADDER_RUNGS_MAX {
            let message = format!("At most {LADDER_RUNGS_MAX} rungs; nobody reads more notices.");
            self.fault(at.clone(), "too-many", message);
        }
        if stage.deadline_minutes.is_none() {
            let message = "A ladder counts from the deadline; give the stage one.";
            self.fault(at, "ladder-without-deadline", message);
        } else if !stage.ladder.iter().any(Rung::is_the_deadline) {
            let message = "Nobody is told when the deadline has passed; add a rung at 100 percent.";
            self.fault(at, "nobody-told-of-deadline", message);
        }
    }

    fn rung(&mut self, at: &str, rung: &Rung) {
        self.code(format!("{at}/code"), &rung.code);
        let (RungMoment::Percent(moment) | RungMoment::AfterDueMinutes(moment)) = rung.at;
        if moment <= 0 {
            self.fault(format!("{at}/at"), "not-positive", "The moment must be above zero.");
        }
        if rung.tell.is_empty() {
            let message = "A rung tells somebody; name at least one receiver in tell.";
            self.fault(format!("{at}/tell"), "tells-nobody", message);
        }
        if rung.tell.len() > LADDER_RECEIVERS_MAX {
            let message = format!("At most {LADDER_RECEIVERS_MAX} receivers; name a list of them.");
            self.fault(format!("{at}/tell"), "too-many", message);
        }
        for (place, receiver) in rung.tell.iter().enumerate() {
            self.receiver(&format!("{at}/tell/{place}"), receiver);
        }
        match (rung.repeat_every_minutes, rung.repeat_at_most) {
            (None, None) => {}
            (Some(every), Some(most)) if every > 0 && (1..=LADDER_REPEATS_MAX).contains(&most) => {}
            (Some(_), Some(_)) => {
                let message = format!(
                    "A rung repeats after one minute or more, and from 1 to {LADDER_REPEATS_MAX} times."
                );
                self.fault(format!("{at}/repeatAtMost"), "repeats-without-end", message);
            }
            (Some(_), None) | (None, Some(_)) => {
                let message = "repeatEveryMinutes and repeatAtMost go together; name both.";
                self.fault(format!("{at}/repeatAtMost"), "repeats-without-end", message);
            }
        }
    }

    fn receiver(&mut self, at: &str, receiver: &Receiver) {
        let Receiver::Watcher(name) = receiver else { return };
        if !is_email(name) && !is_login(name) {
            let message = format!(
                "{name:?} is neither an e-mail address such as head@example.org nor a login of the staff such as olim.karimov."
            );
            self.fault(format!("{at}/watcher"), "bad-watcher", message);
        }
    }
}
