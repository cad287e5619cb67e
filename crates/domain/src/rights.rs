//! Rights: what a caller may do. A closed set; roles, grants and scopes are made of them.

pub use crate::access::Actor;
use serde::{Deserialize, Serialize};

macro_rules! rights {
    ($($variant:ident $code:literal $meaning:literal $meaning_ru:literal;)*) => {
        /// One right.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Right { $(#[doc = $meaning] #[serde(rename = $code)] $variant,)* }

        impl Right {
            pub const ALL: &[Right] = &[$(Right::$variant),*];

            /// The word by which tokens and scenarios name the right.
            pub fn code(self) -> &'static str {
                match self { $(Right::$variant => $code),* }
            }

            /// What it allows, as a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Right::$variant => $meaning),* }
            }

            /// The same in Russian.
            pub fn meaning_ru(self) -> &'static str {
                match self { $(Right::$variant => $meaning_ru),* }
            }
        }
    };
}

rights! {
    Admin "admin" "Everything." "Всё.";
    OrdersRead "orders.read" "See orders, their history and where they are." "Видеть заявки, их историю и где они.";
    OrdersRegister "orders.register" "Register orders." "Регистрировать заявки.";
    OrdersImport "orders.import" "Bring orders over from another system, with their date and stage." "Переносить заявки из другой системы, с датой и этапом.";
    OrdersSales "orders.sales" "Move orders through the stages of the sales department." "Вести заявки по этапам отдела продаж.";
    OrdersTechnical "orders.technical" "Move orders through the stages of the technical department." "Вести заявки по этапам технического отдела.";
    OrdersSupport "orders.support" "Move orders through the stages of technical support." "Вести заявки по этапам технической поддержки.";
    OrdersAmend "orders.amend" "Change what was ordered in orders under way." "Изменять содержание заявок в работе.";
    OrdersHold "orders.hold" "Put orders on hold and take them off it." "Приостанавливать и возобновлять заявки.";
    OrdersCancel "orders.cancel" "Cancel orders." "Отменять заявки.";
    OrdersAssign "orders.assign" "Give orders to a person." "Поручать заявки сотруднику.";
    OrdersComment "orders.comment" "Comment on orders." "Комментировать заявки.";
    DocumentsRead "documents.read" "Read the documents of orders." "Читать документы заявок.";
    DocumentsWrite "documents.write" "Add documents to orders." "Добавлять документы к заявкам.";
    OrganisationRead "organisation.read" "See the divisions and what they cover." "Видеть подразделения и их территории.";
    OrganisationWrite "organisation.write" "Change the divisions and what they cover." "Менять подразделения и их территории.";
    TechniciansRead "technicians.read" "See the technicians, their free time and their routes." "Видеть специалистов, их свободное время и маршруты.";
    TechniciansWrite "technicians.write" "Change the technicians, their shifts and absences." "Менять специалистов, их смены и отсутствия.";
    SlotsOverride "slots.override" "Book a visit over what the technician has to do." "Назначать выезд поверх занятости специалиста.";
    ScenariosRead "scenarios.read" "See the scenarios." "Видеть сценарии.";
    ScenariosWrite "scenarios.write" "Write, publish and retire scenarios, and move orders to them." "Писать, публиковать и снимать сценарии, переводить на них заявки.";
    EffectsRead "effects.read" "See the work of the system." "Видеть работу системы.";
    EffectsManage "effects.manage" "Repeat, complete or fail the work of the system." "Повторять, завершать и прекращать работу системы.";
    IdentityDocuments "parties.identityDocuments" "See the identity documents of the parties of orders." "Видеть удостоверения личности сторон заявок.";
    SubscribersCode "subscribers.code" "Give the subscriber of an order a one-time code, which shows all of their orders and contracts." "Выдавать абоненту заявки одноразовый код, который открывает все его заявки и договоры.";
    StaffRead "staff.read" "See the staff, roles, grants and tokens." "Видеть сотрудников, роли, назначения и токены.";
    StaffWrite "staff.write" "Change the staff, roles, grants and tokens." "Менять сотрудников, роли, назначения и токены.";
    AuditRead "audit.read" "See who changed what in the administration, and who read which orders." "Видеть, кто что изменил в администрировании и кто какие заявки читал.";
}

impl Right {
    pub fn parse(code: &str) -> Option<Right> {
        Right::ALL.iter().copied().find(|right| right.code() == code)
    }
}
