//! Server-rendered pages: the templates, what they show, and the words in each language.
//!
//! Templates are part of the program, strict about what is undefined, and escaped; each is rendered in a test.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use oms_domain::party::Language;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

mod view;

pub use view::{OrderPage, OrdersPage, Surroundings, WorkRow, order_page, orders_page};

/// A page of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Login,
    Orders,
    Order,
    Problem,
}

impl Page {
    fn template(self) -> &'static str {
        match self {
            Page::Login => "login.html",
            Page::Orders => "orders.html",
            Page::Order => "order.html",
            Page::Problem => "problem.html",
        }
    }
}

/// The style sheet of all pages.
pub const STYLE: &str = include_str!("../../../assets/console.css");

const TEMPLATES: [(&str, &str); 5] = [
    ("layout.html", include_str!("../../../templates/console/layout.html")),
    ("login.html", include_str!("../../../templates/console/login.html")),
    ("orders.html", include_str!("../../../templates/console/orders.html")),
    ("order.html", include_str!("../../../templates/console/order.html")),
    ("problem.html", include_str!("../../../templates/console/problem.html")),
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in TEMPLATES {
        environment
            .add_template(name, source)
            .expect("templates are part of the program and rendered in a test");
    }
    environment
});

type Words = BTreeMap<String, String>;

static WORDS: LazyLock<[Words; 2]> = LazyLock::new(|| {
    let read = |text: &str| {
        toml::from_str(text).expect("words are part of the program and read by a test")
    };
    [
        read(include_str!("../../../templates/console/strings/en.toml")),
        read(include_str!("../../../templates/console/strings/ru.toml")),
    ]
});

fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &WORDS[0],
        Language::Ru => &WORDS[1],
    }
}

/// Renders a page. An error is a fault of the templates, for the log.
pub fn render(
    page: Page,
    language: Language,
    model: &impl Serialize,
) -> Result<String, minijinja::Error> {
    let context = minijinja::context! {
        t => words(language),
        lang => language.code(),
        m => Value::from(Serde(model)),
    };
    ENVIRONMENT.get_template(page.template())?.render(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_words() {
        let keys = |language| words(language).keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(Language::En), keys(Language::Ru));
    }
}
