//! A small operator: its divisions, what they cover, and its people.

use crate::support::database::TestStore;
use oms_app::ports::Organisation;
use oms_domain::division::Division;
use oms_domain::rights::{Actor, Right};
use oms_domain::routing::CoverageRule;

/// code, parent, kind
const TREE: &str = "
    head           -      branch
    head-sales     head   sales
    north          head   branch
    north-sales    north  sales
    north-support  north  support
    north-tech     north  technical
    south          head   branch
    south-tech     south  technical
    south-sales-b  south  sales
    south-sales-a  south  sales
";

pub fn division(code: &str, parent: Option<&str>, kind: &str) -> Division {
    Division {
        code: code.to_owned(),
        parent_code: parent.map(str::to_owned),
        name: format!("{code} division"),
        kind: kind.to_owned(),
        timezone: "Asia/Tashkent".to_owned(),
        email: Some(format!("{code}@operator.example")),
        head: Some(format!("head.of.{code}")),
    }
}

pub fn divisions() -> Vec<Division> {
    let read = |line: &str| {
        let [code, parent, kind] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        division(code, Some(parent).filter(|parent| *parent != "-"), kind)
    };
    TREE.lines().map(str::trim).filter(|line| !line.is_empty()).map(read).collect()
}

/// Tashkent is the north's, Samarkand the south's, and one street of Tashkent too.
pub fn rules() -> Vec<CoverageRule> {
    let rule = |division: &str, city: &str, street: Option<&str>| CoverageRule {
        division_code: division.to_owned(),
        country: Some("UZ".to_owned()),
        city: Some(city.to_owned()),
        street: street.map(str::to_owned),
        ..CoverageRule::default()
    };
    vec![
        rule("north-tech", "Tashkent", None),
        rule("south-tech", "Samarkand", None),
        rule("south-tech", "Tashkent", Some("Зелёная ул.")),
    ]
}

/// Sets up the operator.
pub async fn establish(store: &TestStore) {
    store.replace_divisions(&divisions()).await.expect("the divisions are swapped");
    store.replace_coverage(&rules()).await.expect("the coverage is swapped");
}

/// Somebody who may do everything.
pub fn admin() -> Actor {
    Actor::with_rights("admin", &[Right::Admin])
}

/// Somebody who may do nothing.
pub fn nobody() -> Actor {
    Actor::with_rights("nobody", &[])
}
