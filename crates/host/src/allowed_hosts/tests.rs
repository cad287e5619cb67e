use super::*;

/// Entry, address, default scheme of the address, whether it may be reached.
const CASES: &[(&str, &str, &str, bool)] = &[
    ("http://example.com", "http://example.com", "http", true),
    ("http://example.com", "http://example.com/a/b?c", "http", true),
    ("http://example.com/", "http://example.com:80", "http", true),
    ("http://example.com", "http://EXAMPLE.com", "http", true),
    ("http://example.com", "https://example.com", "http", false),
    ("http://example.com", "http://example.com:8080", "http", false),
    ("http://example.com", "http://sub.example.com", "http", false),
    ("https://example.com:8443", "example.com:8443", "https", true),
    ("*://example.com:443", "https://example.com", "http", true),
    ("http://*:*", "http://anything.at.all:99", "http", true),
    ("http://*:*", "https://anything.at.all:99", "http", false),
    ("*://*:*", "tcp://10.0.0.1:25", "tcp", true),
    ("http://*.example.com", "http://a.b.example.com", "http", true),
    ("http://*.Example.com", "http://a.example.com", "http", true),
    ("http://*.example.com", "http://example.com", "http", false),
    ("http://*.example.com", "http://badexample.com", "http", false),
    ("http://example.com:4000..5000", "http://example.com:4000", "http", true),
    ("http://example.com:4000..5000", "http://example.com:5000", "http", false),
    ("tcp://127.0.0.1:2525", "127.0.0.1:2525", "tcp", true),
    ("tcp://127.0.0.1:2525", "127.0.0.1:2526", "tcp", false),
    ("tcp://127.0.0.1:2525", "127.0.0.1:2525", "udp", false),
    ("tcp://10.0.0.0/8:25", "10.200.1.2:25", "tcp", true),
    ("tcp://10.0.0.0/8:25", "11.200.1.2:25", "tcp", false),
    ("http://[::1]:8080", "http://[::1]:8080", "http", true),
    ("http://[::1]", "http://[::1]:81", "http", false),
    ("http://2001:db8::/32", "http://[2001:db8:1::1]", "http", true),
    ("http://2001:db8::/32", "http://[2001:db9::1]", "http", false),
    ("postgres://127.0.0.1", "127.0.0.1", "postgres", true),
    ("postgres://127.0.0.1:5432", "127.0.0.1:5432", "postgres", true),
    ("postgres://127.0.0.1:5432", "127.0.0.1:5433", "postgres", false),
    ("http://self", "http://127.0.0.1:3000", "http", false),
    ("http://routing.spin.internal", "http://routing.spin.internal/x", "http", true),
    ("http://routing.spin.internal", "http://intake.spin.internal/x", "http", false),
    ("http://*.spin.internal", "http://routing.spin.internal/x", "http", true),
    ("http://*.spin.internal", "http://nobody.spin.internal/x", "http", false),
    ("http://example.com", "", "http", false),
    ("http://example.com", "http://", "http", false),
];

#[test]
fn entries_allow_addresses() {
    for &(entry, url, scheme, expected) in CASES {
        let mut hosts = AllowedHosts::default();
        hosts.add(entry, ["intake", "routing"].into_iter()).expect("the table holds valid entries");
        assert_eq!(hosts.allows(url, scheme), expected, "{entry} / {url} ({scheme})");
    }
}

#[test]
fn malformed_entries_are_refused() {
    let entries = [
        "",
        "*",
        "example.com",
        "example.com:80",
        "http://example.com/a",
        "http://example.com:80/a",
        "http://example.com:port",
        "http://example.com:1..port",
        "http://a.*.com",
        "http://*.127.0.0.1",
        "tcp://127.0.0.1",
        "htt p://example.com",
        "http://exa mple.com",
        "http://[::1",
        "*://127.0.0.0/24",
        "http://*.",
        "http://*.*.com",
        "http://example.com//",
    ];
    for entry in entries {
        assert!(AllowedHosts::default().add(entry, std::iter::empty()).is_err(), "{entry}");
    }
}

#[test]
fn the_app_itself_must_be_named() {
    for (entry, expected) in [
        ("http://self", true),
        ("*://*:*", true),
        ("http://example.com", false),
        ("tcp://*:*", false),
    ] {
        let mut hosts = AllowedHosts::default();
        hosts.add(entry, std::iter::empty()).expect("the table holds valid entries");
        assert_eq!(hosts.allows_itself(), expected, "{entry}");
    }
}

#[test]
fn components_are_recognised_by_their_domain() {
    let cases = [
        ("routing.spin.internal", Some("routing")),
        ("routing.spin.internal:80", Some("routing")),
        ("a.routing.spin.internal", None),
        ("spin.internal", None),
        ("example.com", None),
        ("localhost:3000", None),
    ];
    for (host, expected) in cases {
        assert_eq!(chained_component(host), expected, "{host}");
    }
}
