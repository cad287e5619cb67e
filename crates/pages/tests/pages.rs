//! Every page in every language, of an order whose people try to be markup.

use oms_domain::calendar::Calendars;
use oms_domain::decide::{self, Command, Context};
use oms_domain::division::{Division, Neighbourhood};
use oms_domain::effect::EffectState;
use oms_domain::event::Event;
use oms_domain::order::{
    Appointment, AppointmentState, CancellationRequest, Order, OrderState, Task, TaskState,
};
use oms_domain::party::Language;
use oms_domain::projection::Outlook;
use oms_domain::registration::Registration;
use oms_domain::rights::{Actor, Right};
use oms_domain::routing::{Coverage, CoverageRule};
use oms_domain::scenario;
use oms_domain::time::Instant;
use oms_domain::zone::WallClock;
use oms_pages::{Page, Surroundings, WorkRow, order_page, orders_page, render};
use serde_json::json;

const NOW: Instant = Instant(1_795_510_800_000);
const HOSTILE: &str = "<script>alert(\"1\")</script> & {{ m.actor }}";
const LANGUAGES: [Language; 2] = [Language::En, Language::Ru];

fn order() -> (Order, Vec<Event>) {
    let form = json!({
        "kind": "support", "channel": "operator", "symptom": HOSTILE,
        "party": { "type": "individual", "familyName": HOSTILE, "phone": "+998901234567" },
        "address": { "country": "UZ", "city": HOSTILE }
    });
    let division = Division {
        code: "head".to_owned(),
        parent_code: None,
        name: HOSTILE.to_owned(),
        kind: "branch".to_owned(),
        timezone: "UTC".to_owned(),
        email: None,
        head: None,
    };
    let coverage = Coverage {
        rule: Some(CoverageRule { division_code: "head".to_owned(), ..CoverageRule::default() }),
        beaten: Vec::new(),
        neighbourhood: Neighbourhood::of(&[division], "head"),
        ..Coverage::default()
    };
    let actor = Actor::with_rights(HOSTILE, &[Right::Admin]);
    let context = Context {
        now: NOW,
        actor: &actor,
        scenario: scenario::find("support-individual", 1).expect("a scenario"),
        neighbourhood: &coverage.neighbourhood,
        workforce: None,
        calendars: Calendars::round_the_clock(),
    };
    let registration = Registration::read(&form, NOW).expect("the form is right");
    let (id, number) = ("an-id".to_owned(), "261124-4801-9372".to_owned());
    let registered = decide::register(registration, id, number, &coverage, context);
    let registered = registered.expect("it is registered");
    let solved = Command::Transition {
        transition: "solved".to_owned(),
        fields: [("causeText".to_owned(), json!(HOSTILE))].into_iter().collect(),
        comment: Some(HOSTILE.to_owned()),
        visit: decide::VisitRequest::default(),
    };
    let solved = decide::decide(&registered.order, solved, context).expect("it is solved");
    (solved.order, [registered.events, solved.events].concat())
}

/// In Tashkent, by the scenario that comes with the product.
fn around(order: &Order, language: Language) -> Surroundings<'static> {
    let scenario = scenario::find(&order.scenario.code, order.scenario.version);
    let clock = WallClock::of("Asia/Tashkent");
    Surroundings { scenario, clock, language, now: NOW, outlook: None }
}

/// Nothing in a page is markup but the page's own, and every word of it is known.
fn assert_sound(page: &str, what: &str) {
    assert!(page.starts_with("<!doctype html>"), "{what}: {page}");
    assert!(page.trim_end().ends_with("</html>"), "{what}");
    assert!(!page.contains("<script>alert"), "{what}: markup comes through");
    assert!(!page.contains("undefined"), "{what}: a word is missing");
}

#[test]
fn an_order_is_shown_with_its_people_as_text() {
    let (order, history) = order();
    for language in LANGUAGES {
        let error = Some(HOSTILE.to_owned());
        let work =
            vec![WorkRow::new("escalate", EffectState::Fallout, 3, None, error, WallClock::UTC)];
        let model = order_page(HOSTILE, &order, &history, work, around(&order, language));
        let page = render(Page::Order, language, &model).expect("it is rendered");
        assert_sound(&page, "order");
        // Party, address, division, reason, symptom, field, comment, actor, error: each as text.
        assert!(page.matches("&lt;script&gt;").count() >= 8, "{page}");
        assert!(page.contains("{{ m.actor }}"), "what looks like a template is text");
        assert!(page.contains("261124-4801-9372"));
    }
}

#[test]
fn an_item_shows_the_service_that_it_is_about() {
    let (mut order, history) = order();
    let item = json!({
        "id": "1", "service": "internet", "action": "modify", "tariff": "home-100", "serviceId": format!("service-{HOSTILE}"),
    });
    order.items = vec![serde_json::from_value(item).expect("an item")];
    for language in LANGUAGES {
        let model = order_page("olim", &order, &history, Vec::new(), around(&order, language));
        let page = render(Page::Order, language, &model).expect("it is rendered");
        assert_sound(&page, "order");
        assert!(page.contains("<dd>home-100 · service-&lt;script&gt;"), "{page}");
    }
}

#[test]
fn a_cancellation_that_is_asked_for_is_shown_until_it_is_answered() {
    let (mut order, history) = order();
    order.state = OrderState::AssessingCancellation;
    order.cancellation_request = Some(CancellationRequest {
        reason: HOSTILE.to_owned(),
        requested_at: NOW,
        requested_by: "olim".to_owned(),
    });
    for (language, sentence) in
        [(Language::En, "Cancellation is asked for"), (Language::Ru, "Просят отменить")]
    {
        let model = order_page("olim", &order, &history, Vec::new(), around(&order, language));
        let page = render(Page::Order, language, &model).expect("it is rendered");
        assert_sound(&page, "order");
        assert!(page.contains(sentence) && page.contains("olim: &lt;script&gt;"), "{page}");
    }
}

#[test]
fn a_promise_is_shown_with_the_day_on_which_it_will_probably_be_kept() {
    let (mut order, history) = order();
    order.promised_date = Some("2026-11-30".to_owned());
    for (language, kept, broken) in [
        (Language::En, "Promised by: <time>2026-11-30</time>", "at risk"),
        (Language::Ru, "Обещано к: <time>2026-11-30</time>", "под угрозой"),
    ] {
        for (day, at_risk) in [("2026-11-29", false), ("2026-12-04", true)] {
            let projected_date = Some(day.to_owned());
            let outlook = Outlook { projected_date, promise_at_risk: at_risk, projection: None };
            let around = Surroundings { outlook: Some(&outlook), ..around(&order, language) };
            let model = order_page("olim", &order, &history, Vec::new(), around);
            let page = render(Page::Order, language, &model).expect("it is rendered");
            assert_sound(&page, "order");
            assert!(page.contains(kept) && page.contains(day), "{page}");
            assert_eq!(page.contains(broken), at_risk, "{page}");
        }
    }
}

#[test]
fn tasks_are_shown_and_a_closed_order_shows_the_way_that_it_went() {
    let (mut order, history) = order();
    order.stage.code = "confirmation".to_owned();
    order.tasks = vec![Task {
        code: "fault-report".to_owned(),
        stage: "confirmation".to_owned(),
        name: HOSTILE.to_owned(),
        division: order.division.clone(),
        state: TaskState::Open,
        optional: false,
        completed_at: None,
        completed_by: None,
        comment: None,
        services: Vec::new(),
    }];
    let shown = |order: &Order, language| {
        let model = order_page("olim", order, &history, Vec::new(), around(order, language));
        let page = render(Page::Order, language, &model).expect("it is rendered");
        assert_sound(&page, "order");
        page
    };
    for (language, to_do, visit) in
        [(Language::En, "to do", "Field visit"), (Language::Ru, "выполнить", "Выезд специалиста")]
    {
        let open = shown(&order, language);
        assert!(open.contains("id=\"tasks\"") && open.contains(to_do), "{open}");
        assert!(open.contains(visit), "an open order may still come there");
        let closed = Order { state: OrderState::Completed, tasks: Vec::new(), ..order.clone() };
        let closed = shown(&closed, language);
        assert!(!closed.contains("id=\"tasks\"") && !closed.contains(visit), "{closed}");
    }
}

#[test]
fn times_and_the_visit_are_read_on_the_wall_of_the_division() {
    let (mut order, history) = order();
    let visit = |state| Appointment {
        id: "a-visit".to_owned(),
        technician: "anvar".to_owned(),
        technician_name: HOSTILE.to_owned(),
        from: NOW,
        to: NOW.plus_minutes(90),
        is_override: false,
        state,
    };
    for (state, in_english, in_russian) in [
        (Some(AppointmentState::Booked), "Visit: ", "Выезд: "),
        (Some(AppointmentState::Done), "Visit made: ", "Выезд состоялся: "),
        (None, "", ""),
    ] {
        order.appointment = state.map(visit);
        for (language, word) in [(Language::En, in_english), (Language::Ru, in_russian)] {
            let around = around(&order, language);
            let model = order_page("olim", &order, &history, Vec::new(), around);
            let page = render(Page::Order, language, &model).expect("it is rendered");
            assert_sound(&page, "order");
            assert!(page.contains("Asia&#x2f;Tashkent"), "{page}");
            // Nine in the morning in Greenwich.
            assert!(page.contains("<time>2026-11-24 14:00</time>"), "{page}");
            let shown = page.contains("<time>2026-11-24 14:00–15:30</time>");
            assert_eq!(shown, state.is_some(), "{page}");
            assert!(page.contains(word), "{word} is not in {page}");
        }
    }
}

#[test]
fn the_steps_of_a_scenario_of_the_operators_own_are_shown() {
    let (order, history) = order();
    let built_in = scenario::find("support-individual", 1).expect("a scenario");
    let mut own = built_in.clone();
    own.stages[0].name.en = "Front desk".to_owned();
    own.stages[0].name.ru = "Стойка".to_owned();
    for (language, name) in [(Language::En, "Front desk"), (Language::Ru, "Стойка")] {
        for (scenario, is_shown) in [(Some(&own), true), (Some(built_in), false), (None, false)] {
            let around = Surroundings { scenario, ..around(&order, language) };
            let model = order_page("olim", &order, &history, Vec::new(), around);
            let page = render(Page::Order, language, &model).expect("it is rendered");
            assert_sound(&page, "order");
            assert_eq!(page.contains(name), is_shown, "{page}");
            assert_eq!(page.contains("aria-current=\"step\""), scenario.is_some(), "{page}");
        }
    }
}

#[test]
fn the_list_shows_orders_or_says_why_there_are_none() {
    let (order, _) = order();
    let late = order.stage.due_at.map_or(NOW, |due| due.plus_minutes(1));
    for language in LANGUAGES {
        let list = |question: &str, orders: &[Order], now| {
            let model =
                orders_page(HOSTILE, question, orders, Some("/?q=%22".to_owned()), language, now);
            let page = render(Page::Orders, language, &model).expect("it is rendered");
            assert_sound(&page, "orders");
            page
        };
        let found = list(HOSTILE, std::slice::from_ref(&order), NOW);
        assert!(found.contains("href=\"/orders/261124-4801-9372\""));
        assert!(found.contains("rel=\"next\""));
        assert!(!found.contains("class=\"overdue\""));
        assert!(list("", std::slice::from_ref(&order), late).contains("class=\"overdue\""));
        let (nothing_found, no_orders) = (list("Karimov", &[], NOW), list("", &[], NOW));
        assert!(nothing_found.contains("class=\"empty\"") && no_orders.contains("class=\"empty\""));
        assert_ne!(nothing_found, no_orders);
    }
}

#[test]
fn the_log_in_and_problems_are_pages_too() {
    for language in LANGUAGES {
        for wrong in ["", "token", "login", "code", "locked"] {
            let page = render(Page::Login, language, &json!({ "wrong": wrong }));
            let page = page.expect("it is rendered");
            assert_sound(&page, "log-in");
            assert_eq!(page.contains("role=\"alert\""), !wrong.is_empty());
        }
        let model = json!({ "title": HOSTILE, "detail": HOSTILE });
        assert_sound(&render(Page::Problem, language, &model).expect("rendered"), "problem");
    }
}
