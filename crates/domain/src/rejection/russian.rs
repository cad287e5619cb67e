//! The Russian sentences of the rejections.

use super::{Rejection, sentences_of, times};
use crate::party::Language;
use crate::workforce::Slot;

/// What [`Rejection`]'s own sentence says, in Russian.
pub(super) fn sentence(rejection: &Rejection) -> String {
    match rejection {
        Rejection::RightMissing(right) => {
            format!("Для этого нужно право {} ({})", right.code(), right.meaning_ru())
        }
        Rejection::OrderIsClosed { state } => {
            format!("Заявка закрыта ({state}); зарегистрируйте новую.")
        }
        Rejection::OrderIsHeld { reason } => {
            format!("Заявка приостановлена ({reason}); сначала возобновите её.")
        }
        Rejection::OrderIsNotHeld => "Заявка не приостановлена.".to_owned(),
        Rejection::TransitionUnknown { transition } => {
            format!("В этом сценарии нет перехода {transition:?}; GET …/transitions покажет все.")
        }
        Rejection::TransitionNotFromHere { transition, from, stage } => format!(
            "Переход {transition:?} ведёт из этапа {from}, а заявка на этапе {stage}.",
            from = from.ru,
            stage = stage.ru
        ),
        Rejection::TransitionIsAutomatic { transition, after } => {
            format!("Переход {transition:?} система делает сама, после {after}.")
        }
        Rejection::CommentRequired { transition } => {
            format!("Переходу {transition:?} нужна причина; укажите её в поле comment.")
        }
        Rejection::FieldsRequired { transition, missing } => {
            format!("Заполните {missing} для перехода {transition:?}.")
        }
        Rejection::FieldInvalid { field, expected } => {
            format!("Поле {field:?} должно содержать {}.", expected_ru(expected))
        }
        Rejection::FieldUnknown { transition, field } => {
            format!("У перехода {transition:?} нет поля {field:?}.")
        }
        Rejection::SeveralFaults { faults } => {
            format!("Ошибок несколько: {faults}", faults = sentences_of(faults, Language::Ru))
        }
        Rejection::DocumentRequired { kind } => {
            format!("Сначала заявке нужен документ вида {kind:?}.")
        }
        Rejection::PartyRequired => "Сначала укажите, чья это заявка.".to_owned(),
        Rejection::PastPointOfNoReturn { stage } => format!(
            "Этап {stage} уже нельзя отменить: заявку можно выполнить, но не отменить.",
            stage = stage.ru
        ),
        Rejection::AmendmentPastPointOfNoReturn { stage } => format!(
            "На этапе {stage} уже нельзя менять, для кого, где и что подключается.",
            stage = stage.ru
        ),
        Rejection::HoldEndsInThePast { until } => {
            format!("Приостановка должна закончиться в будущем, а {until} уже прошло.")
        }
        Rejection::OrderHasStarted => "Заявка уже в работе; день её начала не меняется.".to_owned(),
        Rejection::StartDateHasPassed { date, today } => format!(
            "Заявка не может начаться {date}: там уже {today}; укажите этот день или более поздний."
        ),
        Rejection::OrganisationMissing => {
            "Подразделений ещё нет; задайте их через PUT /api/v1/divisions.".to_owned()
        }
        Rejection::DivisionMissing { division } => {
            format!(
                "Адрес обслуживало {division}, такого подразделения больше нет; верните его в организацию."
            )
        }
        Rejection::EffectNotInFallout { state } => {
            format!("Работа системы в состоянии {state}; решения ждёт только fallout.")
        }
        Rejection::ScenarioUnknown { code, version } => {
            format!("Сценарий {code} версии {version} здесь неизвестен.")
        }
        Rejection::StageUnknown { stage, scenario } => {
            format!("В сценарии {scenario} нет этапа {stage:?}.")
        }
        Rejection::CancellationIsPending { reason } => {
            format!("Заявка отменяется ({reason}); дождитесь, пока сделанное будет возвращено.")
        }
        Rejection::CancellationIsAssessed { by, reason } => {
            format!("{by} просит отменить заявку ({reason}); сначала согласитесь или откажите.")
        }
        Rejection::NoCancellationRequest => {
            "Отменить заявку никто не просил; POST …/cancellation отменит её или попросит об этом."
                .to_owned()
        }
        Rejection::PenaltyUnconfirmed { penalty } => format!(
            "Это теперь платно: {} Чтобы согласиться, отправьте penaltyConfirmed: true.",
            penalty.ru
        ),
        Rejection::TaskUnknown { task, stage } => format!(
            "На этапе {stage} нет задания {task:?}; GET …/tasks покажет все.",
            stage = stage.ru
        ),
        Rejection::TaskWaits { task, after } => {
            format!("Задание {task:?} идёт после {after}; сначала выполните его.")
        }
        Rejection::TasksMissing { tasks } => {
            format!("Сначала выполните задания этапа: {tasks}.")
        }
        Rejection::PauseReasonUnknown { reason, known } => {
            format!("{reason:?} не причина приостановки на этом этапе; есть: {known}.")
        }
        Rejection::FieldValueRequired { field, value } => match value {
            Some(value) => format!("Сначала в поле {field:?} должно быть {value}."),
            None => format!("Сначала заполните поле {field:?}."),
        },
        Rejection::TooLateToReopen { days } => {
            format!("Заявка закрыта больше {days} дней назад; зарегистрируйте новую.")
        }
        Rejection::NothingEscalated { stage } => format!(
            "На этапе {stage} ничего не эскалировано; отвечать не на что.",
            stage = stage.ru
        ),
        Rejection::FalloutWaits => {
            "Работа системы не удалась; сначала повторите, завершите или прекратите её (effects)."
                .to_owned()
        }
        Rejection::LoginTaken { login } => format!("Логин {login:?} занят; выберите другой."),
        Rejection::RoleTaken { code } => {
            format!("Роль {code:?} уже есть; выберите другой код.")
        }
        Rejection::LastAdministrator => {
            "Не останется никого с полными правами; сначала назначьте другого администратора."
                .to_owned()
        }
        Rejection::NoFreeSlot { division, skill, asked, next } => format!(
            "У подразделения {division} нет свободного специалиста{}{}; {}.",
            skill.as_ref().map(|skill| format!(" с навыком {skill}")).unwrap_or_default(),
            asked
                .as_ref()
                .map_or_else(|| " в ближайшие две недели".to_owned(), |at| format!(" в {at}")),
            next_ru(next)
        ),
        Rejection::TechnicianUnknown { technician, division } => format!(
            "У подразделения {division} нет специалиста {technician:?}; GET /api/v1/technicians покажет всех."
        ),
        Rejection::SlotOutOfReach { from, days } => format!(
            "Выезд начинается не раньше этой минуты и не позже чем через {days} дней; {from} не подходит."
        ),
        Rejection::NoVisitHere { stage } => {
            format!("На этапе {stage} специалист к абоненту не выезжает.", stage = stage.ru)
        }
        Rejection::VisitIsBooked { technician } => format!(
            "Назначен выезд специалиста {technician}, он остаётся за своим подразделением; передайте заявку, когда он \
             состоится или будет отменён."
        ),
        Rejection::BillingIsAsked { stage } => format!(
            "На этапе {stage} объекты заявки уже запрошены в биллинге, они принадлежат её подразделению; выполните её \
             там.",
            stage = stage.ru
        ),
        Rejection::TechniciansMissing => {
            "Специалистов ещё нет; задайте их через PUT /api/v1/technicians.".to_owned()
        }
        Rejection::ScenarioNotDraft { code, version, state } => format!(
            "Сценарий {code} версии {version} в состоянии {state}; менять, публиковать и удалять можно \
             только черновик. POST /api/v1/scenarios начнёт следующую версию."
        ),
        Rejection::ScenarioNotPublished { code, version, state } => format!(
            "Сценарий {code} версии {version} в состоянии {state}; сначала опубликуйте его."
        ),
        Rejection::ScenarioBuiltIn { code, version } => {
            format!("Сценарий {code} версии {version} входит в продукт, изменить его нельзя.")
        }
        Rejection::ScenarioForOthers { code, version } => format!(
            "Сценарий {code} версии {version} для заявок другого вида или для другой стороны; выберите \
             подходящий."
        ),
        Rejection::StageCloses { stage } => {
            format!("Этап {stage:?} закрывает заявку; укажите открытый этап.")
        }
        Rejection::PointOfNoReturnMissing { from, to } => format!(
            "Этап {from:?} уже нельзя отменить, а {to:?} можно; укажите этап, который тоже нельзя, или \
             выполните заявку как есть."
        ),
        Rejection::NothingFollowsEffect { stage, effect } => format!(
            "Заявка ждёт работу системы ({effect}), а с этапа {stage:?} после неё ничего не ведёт; \
             укажите другой этап или подождите."
        ),
        Rejection::CompensationMissing { stage } => format!(
            "Сделанное на этапе {stage:?} при отмене возвращается, а новый сценарий не вернул бы; \
             укажите для него этап с такой же компенсацией."
        ),
        Rejection::BillingSkipped { skipped, stage } => format!(
            "На этапе {stage:?} заявка миновала бы этап {skipped:?}, а его работа в биллинге для неё не сделана; \
             укажите {skipped:?} или этап до него."
        ),
    }
}

fn next_ru(next: &[Slot]) -> String {
    match times(next) {
        None => "выберите другое подразделение или добавьте специалистов или смены".to_owned(),
        Some(times) => format!("свободно: {times}"),
    }
}

/// What a field must hold, as [`Rejection::FieldInvalid`] says it in English.
fn expected_ru(expected: &str) -> &str {
    match expected {
        "a text that is not empty" => "непустой текст",
        "a date as YYYY-MM-DD" => "дату вида ГГГГ-ММ-ДД",
        "true or false" => "true или false",
        "a number" => "число",
        "one of its choices" => "один из вариантов",
        other => other,
    }
}
