//! What was ordered changes while the order is under way: only what the change touches is done again or taken back.

use crate::stories::{Step, Story, TO_INSTALLATION};
use crate::{tables::cases, tell};

#[test]
fn before_anything_is_made_of_it_an_amendment_only_changes_the_order() {
    tell(
        "connect-individual",
        r#"
        registration                                => acknowledged registered north-sales | registered routed |
        nobody amends {"priority":"high"}           => ! right-missing
        desk amends {"priority":"high"}             => acknowledged registered north-sales | amended |
        desk amends {"priority":"high"}             => nothing
        desk amends {"address":{"house":"14"}}      => acknowledged registered north-sales | amended |
        sales does accept
        desk amends {"requestedDate":"2026-12-24"}  => inProgress feasibility north-tech | amended |
        desk amends {"promisedDate":"2026-12-28"}   => inProgress feasibility north-tech | amended |
        desk amends {"promisedDate":"2026-12-28"}   => nothing
        "#,
    );
}

#[test]
fn a_promise_is_kept_in_the_history_and_draws_nothing_anew() {
    let (mut story, _) = Story::of("connect-individual");
    let prepare = ["sales does accept", "tech does feasible", "system draws contract"];
    // step | promised afterwards | the event's change
    let table = r#"
        desk amends {"promisedDate":"2026-12-28"}  | 2026-12-28 | {"field":"promisedDate","from":null,"to":"2026-12-28"}
        desk amends {"promisedDate":"2026-12-30"}  | 2026-12-30 | {"field":"promisedDate","from":"2026-12-28","to":"2026-12-30"}
        after 100000m                              | 2026-12-30 |
        desk amends {"priority":"high"}            | 2026-12-30 | {"field":"priority","from":"normal","to":"high"}
        desk amends {"promisedDate":null}          | -          | {"field":"promisedDate","from":"2026-12-30","to":null}
    "#;
    for step in prepare {
        assert!(!matches!(story.step(step), Step::Rejected(_)), "{step}");
    }
    for line in cases(table) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [step, promised, change] = columns[..] else { panic!("{line}") };
        let changes = match story.step(step) {
            Step::Rejected(rejection) => panic!("{step}: {rejection}"),
            Step::Time => String::new(),
            Step::Decided(decision) => {
                assert!(decision.effects.is_empty(), "{line}");
                decision.events[0].data["changes"][0].to_string()
            }
        };
        assert_eq!(changes, change, "{line}");
        assert_eq!(story.order.promised_date.as_deref().unwrap_or("-"), promised, "{line}");
    }
}

#[test]
fn a_contract_that_no_longer_says_what_is_ordered_is_drawn_and_signed_again() {
    tell(
        "connect-individual",
        r#"
        registration                           => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        system draws contract
        desk amends {"items":[{"id":"1","service":"internet","action":"add","tariff":"home-100"}]} => inProgress contract north-sales | amended documentsSuperseded documentRequested | draw:contract
        sales does sign                        => ! document-required
        system draws contract
        sales does sign
        system draws work-order
        desk amends {"address":{"house":"14"}} => ! penalty-unconfirmed
        desk amends {"address":{"house":"14"}} at its price => inProgress contract north-sales | amended documentsSuperseded routed documentRequested | draw:contract
        "#,
    );
}

#[test]
fn a_new_phone_number_is_written_into_what_was_drawn_and_nothing_is_signed_again() {
    tell(
        "connect-individual",
        r#"
        registration                           => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        system draws contract
        sales does sign
        system draws work-order
        desk amends {"party":{"phone":"+998907654321"}} => inProgress installation north-tech | amended documentsSuperseded documentRequested documentsSuperseded documentRequested | draw:contract draw:work-order
        "#,
    );
}

/// An individual's order that technicians work on, and what happens to it then.
fn installed_and(steps: &[&str]) -> Story {
    let (mut story, _) = Story::of("connect-individual");
    story.goes(&TO_INSTALLATION);
    story.goes(steps);
    story
}

#[test]
fn what_was_signed_and_uploaded_goes_on_counting() {
    let phone = r#"desk amends {"party":{"phone":"+998907654321"}}"#;
    let story = installed_and(&["desk adds contract", phone]);
    let counting = story.order.documents.iter().filter(|it| it.superseded_at.is_none());
    let counting: Vec<_> = counting.map(|it| (it.kind.as_str(), it.created_by.as_str())).collect();
    assert_eq!(counting, [("contract", "somebody")]);
}

#[test]
fn an_order_that_was_sent_back_comes_to_later_stages_by_itself() {
    let tariff = r#"desk amends {"items":[{"id":"1","service":"internet","action":"add","tariff":"home-100"}]}"#;
    let story = installed_and(&["desk adds contract", "tech does revisit because no duct", tariff]);
    assert_eq!(story.order.stage.code, "feasibility", "the contract comes after it");
    let counting = story.order.documents.iter().filter(|it| it.superseded_at.is_none());
    assert_eq!(counting.count(), 0, "what was signed says something else");
}

#[test]
fn past_the_point_of_no_return_the_agreement_stays_as_it_is() {
    tell(
        "connect-individual",
        r#"
        registration                           => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        system draws contract
        sales does sign
        system draws work-order
        tech does installed
        desk amends {"address":{"house":"14"}} => ! amendment-past-point-of-no-return
        desk amends {"externalId":"crm-78"}    => inProgress provisioning north-tech | amended |
        system provisions
        desk amends {"priority":"low"}         => ! order-is-closed
        "#,
    );
}

#[test]
fn an_order_on_hold_is_amended_where_no_stage_must_be_gone_through_again() {
    tell(
        "connect-individual",
        r#"
        registration                           => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        system draws contract
        desk holds as customer-asked because he is away
        desk amends {"address":{"house":"14"}} => ! order-is-held
        desk amends {"priority":"low"}         => held contract north-sales | amended |
        "#,
    );
}

#[test]
fn a_document_that_comes_after_its_stage_was_taken_back_does_not_count() {
    tell(
        "connect-individual",
        r#"
        registration                           => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        system draws contract
        sales does sign
        desk amends {"address":{"house":"14"}} at its price => inProgress contract north-sales | amended documentsSuperseded routed documentRequested | draw:contract
        system draws work-order                => inProgress contract north-sales | documentDrawn |
        system draws contract
        sales does sign
        tech does installed                    => ! document-required
        system draws work-order
        tech does installed                    => inProgress provisioning north-tech | transitioned provisioningRequested | provision
        "#,
    );
}

#[test]
fn a_document_takes_the_place_of_what_was_drawn_before() {
    tell(
        "connect-individual",
        r#"
        registration          => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        system draws contract => inProgress contract north-sales | documentDrawn |
        system draws contract => inProgress contract north-sales | documentsSuperseded documentDrawn |
        "#,
    );
}

#[test]
fn a_passport_is_changed_by_those_who_may_see_it() {
    tell(
        "connect-individual",
        r#"
        registration                                              => acknowledged registered north-sales | registered routed |
        desk amends {"party":{"identityDocument":"AA1234567"}}    => ! right-missing
        admin amends {"party":{"identityDocument":"AA1234567"}}   => acknowledged registered north-sales | amended |
        desk amends {"party":{"phone":"+998907654321"}}           => acknowledged registered north-sales | amended |
        "#,
    );
}
