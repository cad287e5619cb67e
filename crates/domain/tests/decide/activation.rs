//! The newest scenarios where they meet the billing system and the subscriber: what is activated, what can not be, and what
//! happens when nobody answers.

use crate::{tables::cases, tell_newest};

const SALES: &str = "registration => acknowledged registered north-sales | registered routed |";
const TO_PROVISIONING: &str = "
    sales does accept
    tech does feasible
    system draws contract
    sales does sign
    system draws work-order
    tech does installed => inProgress provisioning north-tech | transitioned provisioningRequested | provision
";
const LEGAL_TO_PROVISIONING: &str = "
    sales does accept
    tech finishes site-survey
    tech finishes access-design
    tech does feasible
    sales finishes credit-check
    sales does offer-accepted
    system draws contract
    sales does sign
    system draws work-order
    tech finishes cabling
    tech finishes equipment
    tech finishes measurement
    tech does installed => inProgress provisioning north-tech | transitioned provisioningRequested | provision
";

fn tell(name: &str, way: &str, rest: &str) {
    tell_newest(name, &format!("{SALES}\n{way}\n{rest}"));
}

#[test]
fn what_can_not_be_activated_goes_back_or_fails_and_is_retired() {
    tell(
        "connect-individual",
        TO_PROVISIONING,
        "
        system fails provision   => inProgress provisioning north-tech | effectFailed |
        admin abandons because no such plan => inProgress provisioning north-tech | effectGivenUp |
        tech does activation-failed because no such plan => ! right-missing
        tech does back-to-installation => ! comment-required
        tech does back-to-installation because the port is dead => inProgress installation north-tech | transitioned visitNotBooked documentRequested | draw:work-order
        desk cancels because tired => ! past-point-of-no-return
        tech does installed      => inProgress provisioning north-tech | transitioned provisioningRequested | provision
        system fails provision
        admin does activation-failed because no such plan => ! fallout-waits
        admin abandons because no such plan
        admin does activation-failed => ! comment-required
        admin does activation-failed because no such plan => failed failed north-tech | transitioned documentsSuperseded retirementRequested | retire
        system retires           => failed failed north-tech | retired |
        admin does activation-failed because again => ! order-is-closed
        ",
    );
}

#[test]
fn a_refusal_retires_what_was_made_on_the_way() {
    tell(
        "connect-individual",
        TO_PROVISIONING,
        "
        tech does back-to-installation because the port is dead
        system provisions        => inProgress installation north-tech | provisioned |
        tech does revisit because no duct
        tech does not-feasible because no duct
        sales does refuse because no duct => rejected rejected north-sales | transitioned documentsSuperseded retirementRequested | retire
        ",
    );
    tell(
        "connect-individual",
        "",
        "sales does refuse because a debtor => rejected rejected north-sales | transitioned |",
    );
}

#[test]
fn a_person_declares_the_activation_done() {
    tell(
        "connect-individual",
        TO_PROVISIONING,
        "
        system fails provision
        admin completes provision because by phone => completed completed north-tech | effectCompletedByHand transitioned |
        ",
    );
}

#[test]
fn a_legal_entity_accepts_what_is_activated() {
    tell(
        "connect-legal",
        LEGAL_TO_PROVISIONING,
        "
        system provisions        => pending acceptance north-sales | provisioned transitioned routed |
        sales does accepted acceptanceAct=17/A => ! document-required
        desk adds acceptance-act
        sales does accepted acceptanceAct=17/A => completed completed north-sales | transitioned |
        ",
    );
    // What it does not accept is done again, or given up at its price.
    tell(
        "connect-legal",
        LEGAL_TO_PROVISIONING,
        "
        system provisions
        sales does rework because too slow => inProgress installation north-tech | transitioned routed tasksOpened visitNotBooked documentRequested | draw:work-order
        tech finishes cabling
        tech finishes equipment
        tech finishes measurement
        tech does installed
        system provisions        => pending acceptance north-sales | provisioned transitioned routed |
        desk cancels because too slow => ! penalty-unconfirmed
        desk cancels at its price because too slow => pendingCancellation acceptance north-sales | documentsSuperseded cancellationRequested retirementRequested | retire
        system retires           => cancelled cancelled north-sales | retired cancelled |
        ",
    );
    // Cancelled while its objects are made: half of them may be there.
    tell(
        "connect-legal",
        LEGAL_TO_PROVISIONING,
        "
        desk cancels at its price because moved => pendingCancellation provisioning north-tech | documentsSuperseded cancellationRequested retirementRequested | retire
        system provisions        => pendingCancellation provisioning north-tech | provisioned retirementRequested | retire
        system retires           => cancelled cancelled north-tech | retired cancelled |
        ",
    );
}

#[test]
fn the_credit_of_a_legal_entity_is_checked_before_the_offer_is_accepted() {
    let to_offer = "
        sales does accept
        tech finishes site-survey
        tech finishes access-design
        tech does feasible => pending offer north-sales | transitioned routed tasksOpened |
    ";
    tell(
        "connect-legal",
        to_offer,
        "sales does refuse because of its debts => rejected rejected north-sales | transitioned |",
    );
    tell(
        "connect-legal",
        to_offer,
        r#"
        sales does offer-accepted => ! tasks-missing
        sales finishes credit-check
        sales does offer-accepted => inProgress contract north-sales | transitioned documentRequested | draw:contract
        system draws contract
        desk amends {"party":{"name":"Another"}} => pending offer north-sales | amended documentsSuperseded tasksOpened |
        sales does offer-accepted => ! tasks-missing
        "#,
    );
}

#[test]
fn a_line_is_dismantled_and_then_retired_in_the_billing_system() {
    let to_dismantling = "
        sales does accept        => inProgress dismantling north-tech | transitioned routed visitNotBooked documentRequested | draw:work-order
        system draws work-order
    ";
    tell(
        "disconnect-individual",
        to_dismantling,
        "
        desk cancels because he stays => ! penalty-unconfirmed
        tech does dismantled     => inProgress deactivation north-tech | transitioned retirementRequested | retire
        desk cancels because he stays => ! past-point-of-no-return
        system retires           => completed completed north-tech | retired transitioned |
        ",
    );
    tell(
        "disconnect-individual",
        to_dismantling,
        "
        tech does not-dismantled because nobody was there => acknowledged registered north-sales | transitioned routed |
        sales does stay because a cheaper tariff => rejected rejected north-sales | transitioned documentsSuperseded |
        ",
    );
    tell(
        "disconnect-individual",
        to_dismantling,
        "desk cancels at its price because he stays => cancelled cancelled north-tech | documentsSuperseded cancelled |",
    );
    // What the billing system does not take is declared done, or tried once more.
    let given_up = "
        tech does dismantled
        system fails retire      => inProgress deactivation north-tech | effectFailed |
    ";
    tell(
        "disconnect-individual",
        &format!("{to_dismantling}{given_up}"),
        "admin completes retire because by phone => completed completed north-tech | effectCompletedByHand transitioned |",
    );
    tell(
        "disconnect-individual",
        &format!("{to_dismantling}{given_up}"),
        "
        tech does back-to-dismantling because another line => inProgress dismantling north-tech | transitioned visitNotBooked documentRequested | draw:work-order
        tech does dismantled     => inProgress deactivation north-tech | transitioned retirementRequested | retire
        system retires           => completed completed north-tech | retired transitioned |
        ",
    );
}

#[test]
fn a_change_is_made_from_afar_or_by_a_visit_and_then_in_the_billing_system() {
    let ways = "
        # From afar
        tech does reconfigured
        # By a visit
        tech does visit because a new router; system draws work-order; tech does visited
        # By the second visit
        tech does visit because a new router; tech does visit-failed because nobody was there; tech does visit because again; system draws work-order; tech does visited
        # After the billing system has refused once
        tech does reconfigured; system fails provision; tech does back-to-reconfiguration because the wrong tariff; tech does reconfigured
    ";
    for way in cases(ways) {
        let way = format!("sales does accept\n{}", way.replace(';', "\n"));
        tell(
            "change-individual",
            &way,
            "
            system provisions        => pending confirmation north-support | provisioned transitioned routed |
            support does confirm     => completed completed north-support | transitioned |
            ",
        );
    }
    tell(
        "change-individual",
        "sales does accept",
        "
        tech does not-possible because no port => acknowledged registered north-sales | transitioned routed |
        sales does accept
        tech does visit because to see => inProgress field-visit north-tech | transitioned visitNotBooked documentRequested | draw:work-order
        desk cancels because tired => ! penalty-unconfirmed
        tech does not-possible because no duct => acknowledged registered north-sales | transitioned routed |
        sales does refuse because no duct => rejected rejected north-sales | transitioned |
        ",
    );
}

#[test]
fn who_never_answers_is_not_waited_for() {
    // scenario | way to where one waits | minutes | how it ends
    let table = "
        support-individual | support does ask because which router | 10080 | completed closed north-tech | transitioned |
        support-legal      | support does ask because which router | 10080 | completed closed north-tech | transitioned |
        support-individual | support does solved                   | 4320  | completed closed north-tech | transitioned |
        change-individual  | sales does accept; tech does reconfigured; system provisions | 4320 | completed completed north-support | transitioned |
    ";
    for line in cases(table) {
        let mut columns = line.splitn(4, '|').map(str::trim);
        let [name, way, minutes, end] = [(); 4].map(|()| columns.next().expect("four columns"));
        let division = if name.starts_with("support") { "north-tech" } else { "north-sales" };
        let minutes: i64 = minutes.parse().expect("a number");
        tell_newest(
            name,
            &format!(
                "registration => acknowledged registered {division} | registered routed |
                 {}
                 after {}m
                 system checks
                 system checks
                 after 1m
                 system checks => {end}",
                way.replace(';', "\n"),
                minutes - 1,
            ),
        );
    }
    // An answer that tells where it is dead sends a technician at once.
    tell_newest(
        "support-individual",
        "
        registration => acknowledged registered north-tech | registered routed |
        support does ask because which router
        support does visit because the line is cut => inProgress field-visit north-tech | transitioned visitNotBooked documentRequested | draw:work-order
        ",
    );
}
