//! Who may do what, where and until when, as tables.

#[path = "support/random.rs"]
mod random;
#[path = "access/reference.rs"]
mod reference;

use oms_domain::access::{
    Actor, Divisions, Grant, Holder, OrderPlace, Period, Reach, division_paths,
};
use oms_domain::division::Division;
use oms_domain::order::OrderKind;
use oms_domain::rights::Right;
use oms_domain::role::built_in_rights;
use oms_domain::time::Instant;

const NOW: Instant = Instant(1_795_510_800_000);

fn kind(word: &str) -> OrderKind {
    let found = OrderKind::WORDS.iter().find(|(known, _)| *known == word);
    found.unwrap_or_else(|| panic!("{word}")).1
}

fn reach(path: &str, kinds: &str) -> Reach {
    let divisions = match path {
        "whole" => Divisions::Whole,
        "gone" => Divisions::Nowhere,
        path => Divisions::Subtree(path.to_owned()),
    };
    let kinds = kinds.split('+').filter(|word| *word != "all").map(kind).collect();
    Reach { divisions, kinds }
}

fn holder(role: &str, reach: Reach, periods: Vec<Period>) -> Holder {
    let rights = built_in_rights(role).unwrap_or_else(|| panic!("{role}")).to_vec();
    Holder { name: "karimov".to_owned(), grants: vec![Grant { rights, reach, periods }] }
}

#[test]
fn a_grant_reaches_its_division_and_all_below_it() {
    // role, divisions, kinds; the order's division and kind; the right; may: anywhere, there, everywhere, and sees it
    let cases = "
        administrator whole         all             /head/north/      connect staff.write      yes yes yes yes
        administrator /head/north/  all             /head/north/      connect staff.write      yes yes no  yes
        technician    /head/north/  all             /head/north/      connect orders.technical yes yes no  yes
        technician    /head/north/  all             /head/north/tech/ connect orders.technical yes yes no  yes
        technician    /head/north/  all             /head/northern/   connect orders.technical yes no  no  no
        technician    /head/north/  all             /head/            connect orders.technical yes no  no  no
        technician    /head/north/  all             /head/south/      connect orders.technical yes no  no  no
        technician    /head/north/  all             -                 connect orders.technical yes no  no  no
        technician    whole         all             -                 connect orders.technical yes yes yes yes
        technician    /head/north/  all             /head/north/      connect orders.cancel    no  no  no  yes
        operator      whole         connect+support /head/south/      support orders.cancel    yes yes no  yes
        operator      whole         connect+support /head/south/      change  orders.cancel    yes no  no  no
        operator      gone          all             /head/south/      change  orders.cancel    no  no  no  no
    ";
    for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [role, path, kinds, at, of, right, expected @ ..] =
            &line.split_whitespace().collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let actor = Actor::of(holder(role, reach(path, kinds), Vec::new()), NOW);
        let division_path = Some((*at).to_owned()).filter(|at| at != "-");
        let place = OrderPlace { division_path, kind: kind(of) };
        let right = Right::parse(right).expect(line);
        let found = [
            actor.may(right),
            actor.may_on(right, &place),
            actor.may_everywhere(right),
            actor.sees(&place),
        ];
        let words = found.map(|is| if is { "yes" } else { "no" });
        assert_eq!(words, expected, "{line}");
        assert_eq!(actor.at(&place).may(right), found[1], "there: {line}");
        assert_eq!(actor.at(&place).name, actor.name);
    }
}

#[test]
fn what_is_of_a_division_is_read_by_a_grant_for_some_kinds_and_changed_by_one_for_all() {
    // role, divisions, kinds; the division; the right; held there: for some kind, for all
    let cases = "
        technician       whole        all     /head/north/      technicians.read  yes yes
        technician       whole        connect /head/north/      technicians.read  yes no
        technician       whole        connect -                 technicians.read  yes no
        technician       /head/north/ connect /head/north/tech/ technicians.read  yes no
        technician       /head/north/ all     /head/north/      technicians.read  yes yes
        technician       /head/north/ all     /head/north/      technicians.write no  no
        head-of-division /head/north/ all     /head/north/tech/ technicians.write yes yes
        head-of-division /head/north/ support /head/north/tech/ technicians.write yes no
        head-of-division /head/north/ all     /head/northern/   technicians.write no  no
        head-of-division /head/north/ all     /head/            technicians.write no  no
        head-of-division /head/north/ all     -                 technicians.write no  no
        administrator    /head/north/ all     /head/south/      technicians.write no  no
        administrator    gone         all     /head/south/      technicians.write no  no
    ";
    for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [role, path, kinds, division, right, some, all] =
            line.split_whitespace().collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let actor = Actor::of(holder(role, reach(path, kinds), Vec::new()), NOW);
        let right = Right::parse(right).expect(line);
        let division = Some(division).filter(|division| *division != "-");
        let found = [actor.may_in(right, division), actor.may_all_in(right, division)];
        assert_eq!(found.map(|is| if is { "yes" } else { "no" }), [some, all], "{line}");
    }
}

#[test]
fn the_product_sees_every_order_and_whoever_has_no_grant_none() {
    let ended = vec![Period { from: None, until: Some(NOW) }];
    let callers = [
        (Actor::system(), true),
        (Actor::with_rights("nobody", &[]), false),
        // Nobody is the product by its name alone.
        (Actor::with_rights("system", &[]), false),
        (Actor::of(holder("administrator", Reach::EVERYTHING, ended), NOW), false),
        (Actor::of(holder("administrator", reach("gone", "all"), Vec::new()), NOW), false),
    ];
    for (actor, sees) in callers {
        assert!(!Right::ALL.iter().any(|right| actor.may(*right)), "{actor:?}");
        for division_path in [Some("/head/north/".to_owned()), None] {
            let place = OrderPlace { division_path, kind: OrderKind::Connect };
            assert_eq!(actor.sees(&place), sees, "{actor:?} {place:?}");
            assert_eq!(actor.at(&place).sees(&place), sees, "there: {actor:?} {place:?}");
        }
    }
}

#[test]
fn the_end_of_a_grant_ends_access() {
    let hours = |hours: &str| match hours {
        "-" => None,
        hours => Some(NOW.plus_minutes(60 * hours.parse::<i64>().expect("hours"))),
    };
    // Hours from now at which periods begin and end, and whether the grant holds.
    let cases = "
        -  -             yes
        -  1             yes
        -  0             no
        -  -1            no
        0  1             yes
        1  2             no
        -1 1   -  -      yes
        -1 1   -  -1     no
        -2 -1  -  -      no
        -1 1   0  1      yes
        -1 1   0  1  - 0 no
    ";
    for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (expected, bounds) = words.split_last().expect(line);
        let periods = bounds
            .chunks(2)
            .map(|pair| Period { from: hours(pair[0]), until: hours(pair[1]) })
            .collect();
        let actor = Actor::of(holder("operator", Reach::EVERYTHING, periods), NOW);
        assert_eq!(actor.may(Right::OrdersRead), *expected == "yes", "{line}");
    }
}

#[test]
fn nobody_gives_what_they_do_not_have() {
    // who gives: role, divisions, kinds; what: role, divisions, kinds; and the right that is missing
    let cases = "
        administrator    whole        all     administrator whole        all             -
        administrator    whole        all     operator      /head/north/ connect         -
        administrator    /head/north/ all     operator      /head/north/ all             -
        administrator    /head/north/ all     operator      whole        all             orders.read
        administrator    /head/north/ all     operator      /head/south/ all             orders.read
        administrator    whole        connect operator      whole        all             orders.read
        administrator    whole        connect operator      whole        connect+support orders.read
        head-of-division /head/north/ all     technician    /head/north/ connect         -
        head-of-division /head/north/ all     auditor       /head/north/ connect         staff.read
        operator         whole        all     administrator whole        all             admin
    ";
    for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [giver, path, kinds, role, to, of, expected] =
            line.split_whitespace().collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let actor = Actor::of(holder(giver, reach(path, kinds), Vec::new()), NOW);
        let rights = built_in_rights(role).expect(line);
        let missing = actor.cannot_give(rights, &reach(to, of));
        assert_eq!(missing.map_or("-", Right::code), expected, "{line}");
    }
}

#[test]
fn a_list_reaches_what_its_reader_may_open() {
    let everything = Actor::with_rights("all", &[Right::OrdersRead]);
    assert_eq!(everything.reach_of(Right::OrdersRead), None);
    let north = Actor::of(holder("technician", reach("/head/north/", "connect"), Vec::new()), NOW);
    assert_eq!(north.reach_of(Right::OrdersRead), Some(vec![reach("/head/north/", "connect")]));
    assert_eq!(north.reach_of(Right::OrdersCancel), Some(Vec::new()));
    assert_eq!(Actor::with_rights("none", &[]).reach_of(Right::OrdersRead), Some(Vec::new()));
}

#[test]
fn a_path_is_the_way_from_the_root() {
    let division = |code: &str, parent: Option<&str>| Division {
        code: code.to_owned(),
        parent_code: parent.map(str::to_owned),
        name: code.to_owned(),
        kind: "branch".to_owned(),
        timezone: "UTC".to_owned(),
        email: None,
        head: None,
    };
    let tree = [
        division("head", None),
        division("a/b", Some("north")),
        division("north", Some("head")),
        division("100%", Some("a/b")),
    ];
    let paths = division_paths(&tree);
    assert_eq!(
        paths,
        ["/head/", "/head/north/a%2Fb/", "/head/north/", "/head/north/a%2Fb/100%25/"]
    );
    let behind = oms_domain::access::behind_subtree("/head/north/");
    for (path, is_inside) in [
        ("/head/north/", true),
        ("/head/north/я/", true),
        ("/head/north-west/", false),
        ("/head/north0/", false),
        ("/head/northern/", false),
        ("/head/", false),
    ] {
        let found = path >= "/head/north/" && path < behind.as_str();
        assert_eq!(found, is_inside, "{path}");
    }
}
