//! Each of the five scenarios, walked to each of its ends.

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
        tech does not-feasible because no fibre    => rejected rejected north-tech | transitioned |
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
        sales does accept         => inProgress feasibility north-tech | transitioned routed |
        tech does feasible        => pending offer north-sales | transitioned routed |
        sales does offer-accepted => inProgress contract north-sales | transitioned documentRequested | draw:contract
        system draws contract     => inProgress contract north-sales | documentDrawn |
        sales does sign           => inProgress installation north-tech | transitioned routed documentRequested | draw:work-order
        system draws work-order   => inProgress installation north-tech | documentDrawn |
        tech does installed       => ! fields-required
        tech does installed acceptanceAct=17/A => inProgress provisioning north-tech | transitioned provisioningRequested | provision
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
            "tech does not-feasible because no duct => rejected rejected north-tech | transitioned |",
        ),
        (
            "sales does accept
             tech does feasible",
            "sales does refuse because no answer => rejected rejected north-sales | transitioned |",
        ),
        (
            "sales does accept
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
        tech does feasible
        sales does offer-accepted
        system draws contract
        sales does sign
        tech does revisit because locked => inProgress feasibility north-tech | transitioned |
        ",
    );
}

#[test]
fn a_service_is_disconnected_or_kept() {
    tell(
        "disconnect",
        "
        registration            => acknowledged registered north-sales | registered routed |
        sales does accept       => inProgress dismantling north-tech | transitioned routed documentRequested | draw:work-order
        desk cancels because he stays => ! past-point-of-no-return
        system draws work-order => inProgress dismantling north-tech | documentDrawn |
        tech does dismantled    => completed completed north-tech | transitioned |
        ",
    );
    tell(
        "disconnect",
        "
        registration                         => acknowledged registered north-sales | registered routed |
        sales does refuse because not the owner => rejected rejected north-sales | transitioned |
        ",
    );
}

#[test]
fn a_service_is_changed_reworked_or_refused() {
    tell(
        "change",
        "
        registration            => acknowledged registered north-sales | registered routed |
        sales does accept       => inProgress reconfiguration north-tech | transitioned routed documentRequested | draw:work-order
        system draws work-order => inProgress reconfiguration north-tech | documentDrawn |
        tech does reconfigured  => pending confirmation north-support | transitioned routed |
        support does rework because too slow => inProgress reconfiguration north-tech | transitioned routed documentRequested | draw:work-order
        tech does reconfigured  => pending confirmation north-support | transitioned routed |
        support does confirm    => completed completed north-support | transitioned |
        ",
    );
    tell(
        "change",
        "
        registration                        => acknowledged registered north-sales | registered routed |
        sales does refuse because no ports  => rejected rejected north-sales | transitioned |
        ",
    );
}

#[test]
fn help_is_given_by_the_division_that_operates_the_address() {
    tell(
        "support",
        "
        registration                      => acknowledged registered north-tech | registered routed |
        support does start                => inProgress repair north-tech | transitioned |
        support does ask because which router => pending waiting north-tech | transitioned |
        support does start                => inProgress repair north-tech | transitioned |
        support does solved cause=fibre   => inProgress confirmation north-tech | transitioned |
        support does rework because dead again => inProgress repair north-tech | transitioned |
        support does solved               => inProgress confirmation north-tech | transitioned |
        support does confirm              => completed closed north-tech | transitioned |
        ",
    );
    tell(
        "support",
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
        connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign | cancelled cancelled north-tech | cancelled |
        connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign; system draws work-order; tech does installed | ! past-point-of-no-return
        connect-legal      |                                            | cancelled cancelled north-sales | cancelled |
        connect-legal      | sales does accept                          | cancelled cancelled north-tech | cancelled |
        connect-legal      | sales does accept; tech does feasible      | cancelled cancelled north-sales | cancelled |
        connect-legal      | sales does accept; tech does feasible; sales does offer-accepted | cancelled cancelled north-sales | cancelled |
        connect-legal      | sales does accept; tech does feasible; sales does offer-accepted; system draws contract; sales does sign | cancelled cancelled north-tech | cancelled |
        connect-legal      | sales does accept; tech does feasible; sales does offer-accepted; system draws contract; sales does sign; system draws work-order; tech does installed acceptanceAct=17/A | ! past-point-of-no-return
        disconnect         |                                            | cancelled cancelled north-sales | cancelled |
        disconnect         | sales does accept                          | ! past-point-of-no-return
        change             |                                            | cancelled cancelled north-sales | cancelled |
        change             | sales does accept                          | cancelled cancelled north-tech | cancelled |
        change             | sales does accept; system draws work-order; tech does reconfigured | ! past-point-of-no-return
        support            |                                            | cancelled cancelled north-tech | cancelled |
        support            | support does start                         | cancelled cancelled north-tech | cancelled |
        support            | support does ask because who               | cancelled cancelled north-tech | cancelled |
        support            | support does solved                        | cancelled cancelled north-tech | cancelled |
        support            | desk holds because away                    | cancelled cancelled north-tech | cancelled |
    ";
    for line in crate::tables::cases(ways) {
        let mut columns = line.splitn(3, '|').map(str::trim);
        let [scenario, way, expected] = [(); 3].map(|()| columns.next().expect("three columns"));
        let division = if scenario == "support" { "north-tech" } else { "north-sales" };
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
        desk cancels because moved => cancelled cancelled north-sales | cancelled retirementRequested | retire
        system retires             => cancelled cancelled north-sales | retired |
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
