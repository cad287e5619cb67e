//! Each of the eight scenarios, walked to each of its ends.

use crate::tell;

#[test]
fn an_individual_is_connected() {
    tell(
        "connect-individual",
        "
        registration                         => acknowledged registered north-sales | registered routed |
        sales does accept                    => inProgress feasibility north-tech | transitioned routed |
        tech does feasible accessNode=olt-7  => inProgress contract north-sales | transitioned routed documentRequested | draw:contract
        system draws contract                => inProgress contract north-sales | documentDrawn |
        sales does sign signedOn=2026-11-25  => inProgress installation north-tech | transitioned routed documentRequested | draw:work-order
        system draws work-order              => inProgress installation north-tech | documentDrawn |
        tech does installed equipmentSerial=zx-81 => inProgress provisioning north-tech | transitioned provisioningRequested | provision
        system provisions                    => completed completed north-tech | provisioned transitioned |
        ",
    );
}

#[test]
fn an_individual_is_refused_by_sales_at_once() {
    tell(
        "connect-individual",
        "
        registration                       => acknowledged registered north-sales | registered routed |
        sales does refuse because a debtor => rejected rejected north-sales | transitioned |
        ",
    );
}

#[test]
fn an_individual_cannot_be_connected_where_there_is_no_network() {
    tell(
        "connect-individual",
        "
        registration                               => acknowledged registered north-sales | registered routed |
        sales does accept                          => inProgress feasibility north-tech | transitioned routed |
        tech does not-feasible because no fibre    => pending decision north-sales | transitioned routed |
        sales does recheck because a new house     => inProgress feasibility north-tech | transitioned routed |
        tech does not-feasible because no fibre    => pending decision north-sales | transitioned routed |
        sales does refuse alternative=LTE because no fibre => rejected rejected north-sales | transitioned |
        ",
    );
}

#[test]
fn an_individual_does_not_sign_the_contract() {
    tell(
        "connect-individual",
        "
        registration                            => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        sales does refuse because too expensive => rejected rejected north-sales | transitioned |
        ",
    );
}

#[test]
fn an_installation_that_fails_goes_back_to_feasibility_and_round_again() {
    tell(
        "connect-individual",
        "
        registration                           => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        system draws contract
        sales does sign
        tech does revisit because a wall       => inProgress feasibility north-tech | transitioned |
        tech does feasible                     => inProgress contract north-sales | transitioned routed documentRequested | draw:contract
        sales does sign                        => inProgress installation north-tech | transitioned routed documentRequested | draw:work-order
        system draws work-order
        tech does installed                    => inProgress provisioning north-tech | transitioned provisioningRequested | provision
        system provisions                      => completed completed north-tech | provisioned transitioned |
        ",
    );
}

#[test]
fn a_legal_entity_is_connected_with_an_offer_and_an_acceptance_act() {
    tell(
        "connect-legal",
        "
        registration              => acknowledged registered north-sales | registered routed |
        sales does accept         => inProgress feasibility north-tech | transitioned routed tasksOpened |
        sales finishes credit-check => inProgress feasibility north-tech | taskCompleted |
        tech finishes site-survey => inProgress feasibility north-tech | taskCompleted |
        tech finishes site-survey => nothing
        tech finishes access-design => inProgress feasibility north-tech | taskCompleted |
        tech does feasible        => pending offer north-sales | transitioned routed |
        sales does offer-accepted => inProgress contract north-sales | transitioned documentRequested | draw:contract
        system draws contract     => inProgress contract north-sales | documentDrawn |
        sales does sign           => inProgress installation north-tech | transitioned routed tasksOpened documentRequested | draw:work-order
        system draws work-order   => inProgress installation north-tech | documentDrawn |
        tech finishes cabling
        tech finishes equipment
        tech does installed       => ! tasks-missing
        tech finishes measurement
        tech does installed       => pending acceptance north-sales | transitioned routed |
        sales does accepted acceptanceAct=17/A => ! document-required
        desk adds acceptance-act
        sales does accepted       => ! fields-required
        sales does accepted acceptanceAct=17/A => inProgress provisioning north-tech | transitioned routed provisioningRequested | provision
        system provisions         => completed completed north-tech | provisioned transitioned |
        ",
    );
}

#[test]
fn a_legal_entity_is_refused_at_each_stage_of_sales_and_by_the_survey() {
    let ends = [
        (
            "",
            "sales does refuse because a debtor => rejected rejected north-sales | transitioned |",
        ),
        (
            "sales does accept",
            "tech does not-feasible because no duct => pending decision north-sales | transitioned routed |
             sales does refuse because no duct => rejected rejected north-sales | transitioned |",
        ),
        (
            "sales does accept
             tech finishes site-survey
             tech finishes access-design
             sales finishes credit-check
             tech does feasible",
            "sales does refuse because no answer => rejected rejected north-sales | transitioned |",
        ),
        (
            "sales does accept
             tech finishes site-survey
             tech finishes access-design
             sales finishes credit-check
             tech does feasible
             sales does offer-accepted",
            "sales does refuse because no signature => rejected rejected north-sales | transitioned |",
        ),
    ];
    for (way, end) in ends {
        let begin = "registration => acknowledged registered north-sales | registered routed |";
        tell("connect-legal", &format!("{begin}\n{way}\n{end}"));
    }
}

#[test]
fn a_legal_entity_is_visited_again() {
    tell(
        "connect-legal",
        "
        registration                     => acknowledged registered north-sales | registered routed |
        sales does accept
        tech finishes site-survey
        tech finishes access-design
        sales finishes credit-check
        tech does feasible
        sales does offer-accepted
        system draws contract
        sales does sign
        tech does revisit because locked => inProgress feasibility north-tech | transitioned tasksOpened |
        tech does feasible               => ! tasks-missing
        ",
    );
}

#[test]
fn a_service_is_disconnected_or_kept() {
    tell(
        "disconnect-individual",
        "
        registration            => acknowledged registered north-sales | registered routed |
        sales does accept       => inProgress dismantling north-tech | transitioned routed documentRequested | draw:work-order
        desk cancels because he stays => ! past-point-of-no-return
        system draws work-order => inProgress dismantling north-tech | documentDrawn |
        tech does dismantled    => completed completed north-tech | transitioned |
        ",
    );
    tell(
        "disconnect-individual",
        "
        registration                         => acknowledged registered north-sales | registered routed |
        sales does refuse because not the owner => rejected rejected north-sales | transitioned |
        ",
    );
}

#[test]
fn a_service_is_changed_reworked_or_refused() {
    tell(
        "change-individual",
        "
        registration            => acknowledged registered north-sales | registered routed |
        sales does accept       => inProgress reconfiguration north-tech | transitioned routed documentRequested | draw:work-order
        system draws work-order => inProgress reconfiguration north-tech | documentDrawn |
        tech does reconfigured  => pending confirmation north-support | transitioned routed |
        support does rework because too slow => inProgress reconfiguration north-tech | transitioned routed documentRequested | draw:work-order
        desk cancels because too slow => ! past-point-of-no-return
        tech does reconfigured  => pending confirmation north-support | transitioned routed |
        support does confirm    => completed completed north-support | transitioned |
        ",
    );
    tell(
        "change-individual",
        "
        registration                        => acknowledged registered north-sales | registered routed |
        sales does refuse because no ports  => rejected rejected north-sales | transitioned |
        ",
    );
}

#[test]
fn help_is_given_by_the_division_that_operates_the_address() {
    tell(
        "support-individual",
        "
        registration                      => acknowledged registered north-tech | registered routed |
        support does start                => inProgress repair north-tech | transitioned |
        support does ask because which router => pending waiting north-tech | transitioned |
        support does start                => inProgress repair north-tech | transitioned |
        support does solved cause=line    => inProgress confirmation north-tech | transitioned |
        support does rework because dead again => inProgress repair north-tech | transitioned |
        support does solved               => inProgress confirmation north-tech | transitioned |
        support does confirm              => completed closed north-tech | transitioned |
        ",
    );
    tell(
        "support-individual",
        "
        registration                         => acknowledged registered north-tech | registered routed |
        support does ask because no address  => pending waiting north-tech | transitioned |
        support does solved                  => inProgress confirmation north-tech | transitioned |
        support does confirm                 => completed closed north-tech | transitioned |
        ",
    );
}

#[test]
fn an_order_is_cancelled_from_every_stage_before_the_point_of_no_return() {
    // scenario | way to the stage | what the cancellation says
    let ways = "
        connect-individual |                                            | cancelled cancelled north-sales | cancelled |
        connect-individual | sales does accept                          | cancelled cancelled north-tech | cancelled |
        connect-individual | sales does accept; tech does feasible      | cancelled cancelled north-sales | cancelled |
        connect-individual | sales does accept; tech does not-feasible because no | cancelled cancelled north-sales | cancelled |
        connect-individual | sales does accept; tech does feasible; system draws contract | cancelled cancelled north-sales | documentsSuperseded cancelled |
        connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign | ! penalty-unconfirmed
        connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign; system draws work-order; tech does installed | ! past-point-of-no-return
        connect-legal      |                                            | cancelled cancelled north-sales | cancelled |
        connect-legal      | sales does accept                          | cancelled cancelled north-tech | cancelled |
        connect-legal      | sales does accept; tech finishes site-survey; tech finishes access-design; sales finishes credit-check; tech does feasible | cancelled cancelled north-sales | cancelled |
        connect-legal      | sales does accept; tech finishes site-survey; tech finishes access-design; sales finishes credit-check; tech does feasible; sales does offer-accepted | cancelled cancelled north-sales | cancelled |
        connect-legal      | sales does accept; tech finishes site-survey; tech finishes access-design; sales finishes credit-check; tech does feasible; sales does offer-accepted; system draws contract; sales does sign | ! penalty-unconfirmed
        disconnect-legal   | sales does accept                          | cancelled cancelled north-sales | cancelled |
        change-legal       | sales does accept                          | cancelled cancelled north-sales | cancelled |
        support-legal      | support does start                         | cancelled cancelled north-tech | cancelled |
        disconnect-individual         |                                            | cancelled cancelled north-sales | cancelled |
        disconnect-individual         | sales does accept                          | ! past-point-of-no-return
        change-individual             |                                            | cancelled cancelled north-sales | cancelled |
        change-individual             | sales does accept                          | cancelled cancelled north-tech | cancelled |
        change-individual  | sales does accept; system draws work-order; tech does reconfigured | ! past-point-of-no-return
        support-individual            |                                            | cancelled cancelled north-tech | cancelled |
        support-individual            | support does start                         | cancelled cancelled north-tech | cancelled |
        support-individual            | support does ask because who               | cancelled cancelled north-tech | cancelled |
        support-individual            | support does solved                        | cancelled cancelled north-tech | cancelled |
        support-individual            | desk holds because away                    | cancelled cancelled north-tech | cancelled |
    ";
    for line in crate::tables::cases(ways) {
        let mut columns = line.splitn(3, '|').map(str::trim);
        let [scenario, way, expected] = [(); 3].map(|()| columns.next().expect("three columns"));
        let division = if scenario.starts_with("support") { "north-tech" } else { "north-sales" };
        let way = way.replace(';', "\n");
        let end = format!("desk cancels because he moved => {expected}");
        let begin =
            format!("registration => acknowledged registered {division} | registered routed |");
        tell(scenario, &format!("{begin}\n{way}\n{end}"));
    }
}

#[test]
fn a_late_provisioning_of_a_cancelled_order_is_taken_back() {
    tell(
        "connect-individual",
        "
        registration               => acknowledged registered north-sales | registered routed |
        desk cancels because moved => cancelled cancelled north-sales | cancelled |
        system provisions          => cancelled cancelled north-sales | provisioned retirementRequested | retire
        system retires             => cancelled cancelled north-sales | retired |
        ",
    );
}

#[test]
fn a_cancelled_order_that_has_objects_in_billing_retires_them() {
    tell(
        "connect-individual",
        "
        registration               => acknowledged registered north-sales | registered routed |
        system provisions          => acknowledged registered north-sales | provisioned |
        desk cancels because moved => pendingCancellation registered north-sales | cancellationRequested retirementRequested | retire
        system retires             => cancelled cancelled north-sales | retired cancelled |
        ",
    );
}

#[test]
fn an_imported_order_begins_in_the_first_stage_and_needs_no_party() {
    tell(
        "import",
        "
        registration         => acknowledged registered north-tech | imported routed |
        support does solved  => inProgress confirmation north-tech | transitioned |
        support does confirm => completed closed north-tech | transitioned |
        ",
    );
}

#[test]
fn a_cancellation_past_the_soft_point_of_no_return_has_a_price() {
    tell(
        "connect-individual",
        "
        registration               => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        system draws contract
        sales does sign
        system draws work-order
        desk cancels because moved => ! penalty-unconfirmed
        desk cancels at its price because moved => cancelled cancelled north-tech | documentsSuperseded cancelled |
        ",
    );
}

#[test]
fn what_the_billing_system_does_not_take_back_a_person_declares_taken_back() {
    tell(
        "connect-individual",
        "
        registration               => acknowledged registered north-sales | registered routed |
        system provisions          => acknowledged registered north-sales | provisioned |
        desk cancels because moved => pendingCancellation registered north-sales | cancellationRequested retirementRequested | retire
        system fails retire        => pendingCancellation registered north-sales | effectFailed |
        admin completes retire because by phone => cancelled cancelled north-sales | effectCompletedByHand cancelled |
        ",
    );
}

#[test]
fn what_is_made_while_the_rest_is_taken_back_is_taken_back_too() {
    tell(
        "connect-individual",
        "
        registration               => acknowledged registered north-sales | registered routed |
        system provisions
        desk cancels because moved => pendingCancellation registered north-sales | cancellationRequested retirementRequested | retire
        system provisions          => pendingCancellation registered north-sales | provisioned retirementRequested | retire
        system retires             => cancelled cancelled north-sales | retired cancelled |
        ",
    );
}

#[test]
fn a_legal_entity_leaves_when_accounts_are_settled() {
    tell(
        "disconnect-legal",
        "
        registration                    => acknowledged registered north-sales | registered routed |
        sales does accept reason=moving => inProgress settlement north-sales | transitioned tasksOpened |
        sales finishes final-invoice    => inProgress settlement north-sales | taskCompleted |
        sales finishes termination-agreement => inProgress settlement north-sales | taskCompleted |
        desk adds termination-agreement => inProgress settlement north-sales | documentUploaded |
        sales does settled              => inProgress dismantling north-tech | transitioned routed tasksOpened documentRequested | draw:work-order
        system draws work-order
        tech does dismantled            => ! tasks-missing
        tech finishes line
        tech does dismantled            => completed completed north-tech | transitioned |
        ",
    );
}

#[test]
fn the_services_of_a_legal_entity_are_changed_by_an_addendum() {
    tell(
        "change-legal",
        "
        registration              => acknowledged registered north-sales | registered routed |
        sales does accept         => pending offer north-sales | transitioned tasksOpened |
        sales does offer-accepted => ! tasks-missing
        tech finishes feasibility => pending offer north-sales | taskCompleted |
        sales does offer-accepted => inProgress addendum north-sales | transitioned documentRequested | draw:contract
        system draws contract
        sales does sign           => inProgress reconfiguration north-tech | transitioned routed documentRequested | draw:work-order
        system draws work-order
        tech does reconfigured    => pending confirmation north-support | transitioned routed |
        support does confirm      => completed completed north-support | transitioned |
        ",
    );
}

#[test]
fn a_technician_is_sent_and_a_legal_entity_gets_a_report() {
    tell(
        "support-legal",
        "
        registration                      => acknowledged registered north-tech | registered routed |
        support does visit because no light => inProgress field-visit north-tech | transitioned documentRequested | draw:work-order
        tech does visited cause=line      => ! document-required
        system draws work-order
        tech does visited cause=other     => ! fields-required
        tech does visited cause=other causeText=mice => inProgress confirmation north-tech | transitioned tasksOpened |
        support does confirm              => ! tasks-missing
        support finishes fault-report
        support does confirm              => completed closed north-tech | transitioned |
        ",
    );
}

#[test]
fn what_was_late_when_the_time_to_close_came_closes_the_order_once_it_is_done() {
    tell(
        "support-legal",
        "
        registration                   => acknowledged registered north-tech | registered routed |
        support does solved
        after 10080m
        system checks                  => inProgress confirmation north-tech | commented |
        support finishes fault-report  => inProgress confirmation north-tech | taskCompleted |
        system checks                  => completed closed north-tech | transitioned |
        ",
    );
}

#[test]
fn who_does_not_answer_is_taken_as_satisfied_and_may_come_back_for_a_week() {
    tell(
        "support-individual",
        "
        registration               => acknowledged registered north-tech | registered routed |
        support does solved        => inProgress confirmation north-tech | transitioned |
        after 4319m
        system checks              => inProgress confirmation north-tech | deadlineMissed | escalate
        after 1m
        system checks              => completed closed north-tech | transitioned |
        system checks              => nothing
        after 10080m
        support does reopen because dead again => inProgress repair north-tech | transitioned |
        ",
    );
    // A hold makes the product wait as long as it lasts.
    tell(
        "support-individual",
        "
        registration               => acknowledged registered north-tech | registered routed |
        support does solved        => inProgress confirmation north-tech | transitioned |
        after 2000m
        desk holds as customer-unavailable because on holiday => held confirmation north-tech | held |
        after 9000m
        system checks              => nothing
        desk resumes               => inProgress confirmation north-tech | resumed |
        system checks              => nothing
        after 2320m
        system checks              => completed closed north-tech | transitioned |
        ",
    );
}
