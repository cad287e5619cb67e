//! `[component.NAME.dependencies]`: a dependency answers, and uses no more than it inherits.

mod support;

use support::{Answer, faults, start, start_with, try_start};

const DEPENDENCY: &str = "test:answers/answers@1.0.0";

/// The asker with a variable, a host that it may reach, and `dependencies`.
fn asker_with(dependencies: &str) -> String {
    format!(
        r#"
spin_manifest_version = 2
[application]
name = "asker"
[[trigger.http]]
route = "/..."
component = "asker"
[component.asker]
source = "{{guests}}/asker.wasm"
allowed_outbound_hosts = ["http://127.0.0.1:9"]
variables = {{ colour = "red" }}
{dependencies}
"#
    )
}

fn answerer(inherits: &str) -> String {
    let source = "path = \"{guests}/answerer.wasm\"";
    let inherits = match inherits {
        "" => String::new(),
        some => format!(", inherit_configuration = {some}"),
    };
    asker_with(&format!(
        "[component.asker.dependencies]\n\"{DEPENDENCY}\" = {{ {source}{inherits} }}"
    ))
}

#[tokio::test]
async fn a_dependency_uses_what_it_inherits() {
    let both = r#"["allowed_outbound_hosts", "variables"]"#;
    for inherits in [both, "true"] {
        let app = start(&answerer(inherits)).await;
        let cases = [
            ("/?hello", "hello"),
            ("/?variable+colour", "Ok(\"red\")"),
            (
                "/?variable+other",
                "Err(Error::Undefined(\"no variable for \\\"asker\\\".\\\"other\\\"\"))",
            ),
            ("/?fetch+http://127.0.0.1:9/", "ErrorCode::ConnectionRefused"),
            ("/?fetch+http://127.0.0.1:10/", "ErrorCode::HttpRequestDenied"),
        ];
        for (path, expected) in cases {
            assert_eq!(app.get(path).await, Answer::ok(expected), "{inherits} {path}");
        }
    }
}

#[tokio::test]
async fn a_dependency_can_be_a_component_of_the_app() {
    let manifest = asker_with(&format!(
        r#"
dependencies_inherit_configuration = true
[component.asker.dependencies]
"{DEPENDENCY}" = {{ component = "answerer" }}
[component.answerer]
source = "{{guests}}/answerer.wasm"
"#
    ));
    let app = start(&manifest).await;
    assert_eq!(app.get("/?variable+colour").await, Answer::ok("Ok(\"red\")"));
}

#[tokio::test]
async fn what_a_dependency_does_not_inherit_it_must_not_import() {
    let cases = [
        ("", "wasi:http/client@0.3.0", "allowed_outbound_hosts"),
        ("false", "wasi:http/client@0.3.0", "allowed_outbound_hosts"),
        (r#"["variables"]"#, "wasi:http/client@0.3.0", "allowed_outbound_hosts"),
        (r#"["allowed_outbound_hosts"]"#, "spin:variables/variables@3.0.0", "variables"),
    ];
    for (inherits, import, capability) in cases {
        let found = faults(&answerer(inherits)).await;
        let expected = format!(
            "dependency '{DEPENDENCY}' imports \"{import}\" but doesn't inherit \"{capability}\""
        );
        assert_eq!(found.len(), 1, "{inherits}: {found:?}");
        // Which of two missing capabilities is named depends on the order of the imports.
        let either = found[0].contains(&expected)
            || (inherits.len() < 6 && found[0].contains("doesn't inherit"));
        assert!(either, "{inherits}: {found:?}");
    }
}

#[tokio::test]
async fn dependencies_that_do_not_fit_are_named() {
    let entry = "{ path = \"{guests}/answerer.wasm\", inherit_configuration = true }";
    let exporting = |export: &str| {
        format!(
            "{{ path = \"{{guests}}/answerer.wasm\", inherit_configuration = true, export = \"{export}\" }}"
        )
    };
    let cases = [
        (
            format!("\"test:other\" = {entry}"),
            "dependency 'test:other' doesn't match any imports of component 'asker'",
        ),
        (
            format!("\"{DEPENDENCY}\" = {entry}\n\"test:answers\" = {entry}"),
            "component 'asker' has dependency conflicts: import 'test:answers/answers@1.0.0' \
             satisfied by dependencies: 'test:answers, test:answers/answers@1.0.0'",
        ),
        (
            format!("\"{DEPENDENCY}\" = {}", exporting("other")),
            "dependency 'test:answers/answers@1.0.0' doesn't export 'other' to satisfy import \
             'test:answers/answers@1.0.0'",
        ),
        (
            format!("\"{DEPENDENCY}\" = {{ path = \"nowhere.wasm\" }}"),
            "nowhere.wasm of dependency 'test:answers/answers@1.0.0'",
        ),
        (format!("\"{DEPENDENCY}\" = {{ component = \"nobody\" }}"), "no component \"nobody\""),
        (
            format!("\"{DEPENDENCY}\" = {{ path = \"x\", inherit_configuration = [\"all\"] }}"),
            "can't inherit \"all\"",
        ),
    ];
    for (dependencies, expected) in cases {
        let found =
            faults(&asker_with(&format!("[component.asker.dependencies]\n{dependencies}"))).await;
        assert!(found.len() == 1 && found[0].contains(expected), "{expected}: {found:?}");
    }
    let missing = faults(&asker_with("")).await;
    assert!(missing[0].contains(DEPENDENCY), "{missing:?}");
}

#[tokio::test]
async fn a_composed_component_is_compiled_once() {
    let cache = tempfile::tempdir().expect("there is room for a temporary directory");
    let mut sizes = Vec::new();
    for _ in 0..2 {
        let directory = cache.path().to_owned();
        let adapt = |options: &mut oms_host::HostOptions| options.cache_directory = Some(directory);
        let app = start_with(&answerer("true"), adapt).await;
        assert_eq!(app.get("/?hello").await, Answer::ok("hello"));
        app.host.stop().await;
        sizes.push(modules(cache.path()));
    }
    assert_eq!(sizes, [1, 1], "the second start must find what the first compiled");
    let other = try_start(&answerer("true"), |options| options.cache_directory = None).await;
    assert!(other.is_ok(), "it runs without a cache too");
}

/// The number of compiled components in a cache.
fn modules(directory: &std::path::Path) -> usize {
    std::fs::read_dir(directory).expect("the cache is readable").count()
}
