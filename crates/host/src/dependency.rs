//! `[component.NAME.dependencies]`: which import another component satisfies, and what it inherits.

use std::path::PathBuf;

use semver::Version;
use serde::Deserialize;
use toml::Value;

/// One entry, with the path of the component that serves it.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub name: DependencyName,
    pub source: PathBuf,
    /// The export that satisfies the import, when it is named otherwise.
    pub export: Option<String>,
    pub inherits: Inherits,
}

/// What an import has to be called to be satisfied by the dependency.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DependencyName {
    text: String,
    /// `oms:billing`, or all of a plain name such as `billing`.
    package: String,
    interface: Option<String>,
    version: Option<Version>,
}

/// The capabilities of the parent that the dependency may use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Inherits {
    Everything,
    Only(Vec<String>),
}

/// Capabilities that Spin lets a dependency inherit.
pub(crate) const CAPABILITIES: [&str; 7] = [
    "ai_models",
    "allowed_outbound_hosts",
    "environment",
    "files",
    "key_value_stores",
    "sqlite_databases",
    "variables",
];

/// Interfaces and packages of this host through which a capability is used; of `wasi:http` only
/// those that send.
const USES: [(&str, &str); 6] = [
    ("spin:sqlite", "sqlite_databases"),
    ("spin:variables", "variables"),
    ("spin:postgres", "allowed_outbound_hosts"),
    ("wasi:sockets", "allowed_outbound_hosts"),
    ("wasi:http/client", "allowed_outbound_hosts"),
    ("wasi:http/outgoing-handler", "allowed_outbound_hosts"),
];

/// The capability that an import makes use of, if it is one that this host offers.
pub(crate) fn capability_of(import: &str) -> Option<&'static str> {
    let interface = import.split_once('@').map_or(import, |(interface, _version)| interface);
    let package = interface.split_once('/').map_or(interface, |(package, _interface)| package);
    let uses = USES.iter().find(|(name, _)| *name == interface || *name == package);
    uses.map(|(_, capability)| *capability)
}

/// The forms of an entry that name a file of this machine; versions from a registry and downloads
/// are refused, because the host must start without a network.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    component: Option<String>,
    path: Option<PathBuf>,
    export: Option<String>,
    inherit_configuration: Option<InheritConfiguration>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum InheritConfiguration {
    All(bool),
    Some(Vec<String>),
}

impl Dependency {
    /// Reads one entry; `source_of` gives the path of a component of the app.
    pub fn parse(
        name: &str,
        entry: &Value,
        inherit_all: Option<bool>,
        source_of: impl Fn(&str) -> Option<PathBuf>,
        resolve: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Self, String> {
        let parsed: Entry = entry.clone().try_into().map_err(|_| {
            "only { component = … } and { path = … } are supported by the embedded host".to_owned()
        })?;
        let source = match (&parsed.component, parsed.path) {
            (Some(component), None) => source_of(component)
                .ok_or_else(|| format!("there is no component {component:?} in the manifest"))?,
            (None, Some(path)) => resolve(path),
            _ => return Err("needs either `component` or `path`".to_owned()),
        };
        let inherits = match (parsed.inherit_configuration, inherit_all) {
            (Some(_), Some(_)) => {
                return Err("inherit_configuration can't be used together with \
                            dependencies_inherit_configuration"
                    .to_owned());
            }
            (Some(InheritConfiguration::All(true)), _) | (None, Some(true)) => Inherits::Everything,
            (Some(InheritConfiguration::Some(names)), _) => Inherits::Only(names),
            _ => Inherits::Only(Vec::new()),
        };
        if let Inherits::Only(names) = &inherits
            && let Some(unknown) = names.iter().find(|name| !CAPABILITIES.contains(&name.as_str()))
        {
            return Err(format!(
                "can't inherit {unknown:?}; known are {}",
                CAPABILITIES.join(", ")
            ));
        }
        Ok(Self { name: DependencyName::parse(name)?, source, export: parsed.export, inherits })
    }
}

impl Inherits {
    pub fn includes(&self, capability: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(names) => names.iter().any(|name| name == capability),
        }
    }
}

impl DependencyName {
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, version) = match text.split_once('@') {
            None => (text, None),
            Some((name, version)) => {
                let version = Version::parse(version)
                    .map_err(|error| format!("{text:?} has no usable version: {error}"))?;
                (name, Some(version))
            }
        };
        let (package, interface) = match name.split_once('/') {
            None => (name, None),
            Some((package, interface)) => (package, Some(interface.to_owned())),
        };
        let is_plain = !package.contains(':');
        if package.is_empty() || (is_plain && (interface.is_some() || version.is_some())) {
            return Err(format!(
                "{text:?} must be a package (`a:b`, `a:b/c@1.0.0`) or a plain name"
            ));
        }
        Ok(Self { text: text.to_owned(), package: package.to_owned(), interface, version })
    }

    /// Whether an import with this name is meant. What the manifest leaves out matches anything.
    pub fn matches(&self, import: &str) -> bool {
        let Ok(import) = Self::parse(import) else { return false };
        self.package == import.package
            && (self.interface.is_none() || self.interface == import.interface)
            && (self.version.is_none() || self.version == import.version)
    }
}

impl std::fmt::Display for DependencyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_use_capabilities() {
        let cases = [
            ("spin:sqlite/sqlite@3.1.0", Some("sqlite_databases")),
            ("spin:variables/variables@3.0.0", Some("variables")),
            ("spin:postgres/postgres@4.2.0", Some("allowed_outbound_hosts")),
            ("wasi:sockets/types@0.3.0", Some("allowed_outbound_hosts")),
            ("wasi:sockets/tcp@0.2.6", Some("allowed_outbound_hosts")),
            ("wasi:http/client@0.3.0", Some("allowed_outbound_hosts")),
            ("wasi:http/outgoing-handler@0.2.6", Some("allowed_outbound_hosts")),
            ("wasi:http/types@0.3.0", None),
            ("wasi:clocks/monotonic-clock@0.3.0", None),
            ("oms:billing/objects@1.0.0", None),
            ("billing", None),
        ];
        for (import, expected) in cases {
            assert_eq!(capability_of(import), expected, "{import}");
        }
    }

    #[test]
    fn names_match_imports() {
        let cases = [
            ("oms:billing/objects@1.0.0", "oms:billing/objects@1.0.0", true),
            ("oms:billing/objects", "oms:billing/objects@1.0.0", true),
            ("oms:billing", "oms:billing/objects@1.0.0", true),
            ("oms:billing@1.0.0", "oms:billing/objects@1.0.0", true),
            ("billing", "billing", true),
            ("oms:billing@2.0.0", "oms:billing/objects@1.0.0", false),
            ("oms:billing/objects@1.0.0", "oms:billing/objects", false),
            ("oms:billing/plans", "oms:billing/objects", false),
            ("oms:other", "oms:billing/objects", false),
            ("billing", "oms:billing/objects", false),
        ];
        for (name, import, expected) in cases {
            let name = DependencyName::parse(name).expect("the table holds valid names");
            assert_eq!(name.matches(import), expected, "{name} / {import}");
        }
        for bad in ["", "plain/x", "plain@1.0.0", "a:b@one"] {
            assert!(DependencyName::parse(bad).is_err(), "{bad}");
        }
    }
}
