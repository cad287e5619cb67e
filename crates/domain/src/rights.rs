//! Rights: what a caller may do. A closed set; roles, grants and scopes are made of them.

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
    OrdersHold "orders.hold" "Put orders on hold and take them off it." "Приостанавливать и возобновлять заявки.";
    OrdersCancel "orders.cancel" "Cancel orders." "Отменять заявки.";
    OrdersAssign "orders.assign" "Give orders to a person." "Поручать заявки сотруднику.";
    OrdersComment "orders.comment" "Comment on orders." "Комментировать заявки.";
    DocumentsRead "documents.read" "Read the documents of orders." "Читать документы заявок.";
    DocumentsWrite "documents.write" "Add documents to orders." "Добавлять документы к заявкам.";
    OrganisationRead "organisation.read" "See the divisions and what they cover." "Видеть подразделения и их территории.";
    OrganisationWrite "organisation.write" "Change the divisions and what they cover." "Менять подразделения и их территории.";
    ScenariosRead "scenarios.read" "See the scenarios." "Видеть сценарии.";
    ScenariosWrite "scenarios.write" "Write, publish and retire scenarios, and move orders to them." "Писать, публиковать и снимать сценарии, переводить на них заявки.";
    EffectsRead "effects.read" "See the work of the system." "Видеть работу системы.";
    EffectsManage "effects.manage" "Repeat, complete or fail the work of the system." "Повторять, завершать и прекращать работу системы.";
}

impl Right {
    pub fn parse(code: &str) -> Option<Right> {
        Right::ALL.iter().copied().find(|right| right.code() == code)
    }
}

/// Who does something, and what they may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The name in the history.
    pub name: String,
    pub rights: Vec<Right>,
}

impl Actor {
    /// The product itself: the tick and the executors of effects. It has no rights of a person; what it does is decided
    /// by other commands.
    pub fn system() -> Actor {
        Actor { name: "system".to_owned(), rights: Vec::new() }
    }

    pub fn may(&self, right: Right) -> bool {
        self.rights.contains(&right) || self.rights.contains(&Right::Admin)
    }
}
