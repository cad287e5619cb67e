//! The dependency: tries what it is asked for and says how that went.

use spin_sdk::{http, variables};

wit_bindgen::generate!({ world: "answerer", path: "../wit", generate_all });

struct Answerer;

impl exports::test::answers::answers::Guest for Answerer {
    async fn ask(question: String) -> String {
        match question.split_once(' ') {
            None => "hello".to_owned(),
            Some(("variable", name)) => format!("{:?}", variables::get(name).await),
            Some((_, url)) => match http::get(url).await {
                Ok(response) => format!("status {}", response.status().as_u16()),
                Err(error) => format!("{error:?}"),
            },
        }
    }
}

export!(Answerer);
