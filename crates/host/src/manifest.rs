//! The text of `spin.toml` as data: its shape, and which parts of it this host doesn't offer.
//! What the values mean together is the business of `app.rs`.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use toml::{Table, Value};

use crate::error::HostError;

#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    spin_manifest_version: Value,
    pub application: Application,
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    #[serde(default)]
    trigger: BTreeMap<String, Vec<Trigger>>,
    #[serde(default, rename = "component")]
    pub components: BTreeMap<String, Component>,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Application {
    pub name: String,
    #[serde(default)]
    trigger: Table,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Variable {
    pub default: Option<String>,
    #[serde(default)]
    pub required: bool,
    /// Accepted because Spin accepts it; this host never prints the value of any variable.
    #[serde(default, rename = "secret")]
    _secret: bool,
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Trigger {
    pub component: Option<Value>,
    pub route: Option<Value>,
    executor: Option<Table>,
    #[serde(default, rename = "id")]
    _id: String,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Component {
    pub source: Value,
    #[serde(default)]
    pub sqlite_databases: Vec<String>,
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    #[serde(default)]
    pub dependencies: BTreeMap<String, Value>,
    pub dependencies_inherit_configuration: Option<bool>,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

/// Keys of a component that don't concern running it.
const COMPONENT_KEYS_IGNORED: [&str; 4] = ["build", "description", "targets", "tool"];

impl Manifest {
    pub fn read(path: &Path) -> Result<Self, HostError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| HostError::ManifestUnreadable { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|error| {
            HostError::Configuration(vec![format!(
                "{} isn't a Spin manifest: {error}",
                path.display()
            )])
        })
    }

    pub fn http_triggers(&self) -> &[Trigger] {
        self.trigger.get("http").map_or(&[], Vec::as_slice)
    }

    /// Names everything that this host doesn't offer, so that nothing is dropped in silence.
    pub fn report_unsupported(&self, faults: &mut Vec<String>) {
        let version = self.spin_manifest_version.as_integer();
        if version != Some(2) {
            faults.push(format!(
                "spin_manifest_version is {}; only version 2 is supported",
                self.spin_manifest_version
            ));
        }
        for key in self.unknown.keys() {
            faults.push(format!("the section {key:?} isn't known"));
        }
        for kind in self.application.trigger.keys() {
            faults
                .push(format!("[application.trigger.{kind}] isn't supported by the embedded host"));
        }
        for kind in self.trigger.keys().filter(|kind| *kind != "http") {
            faults.push(format!(
                "[[trigger.{kind}]] isn't supported by the embedded host, only [[trigger.http]] is"
            ));
        }
        for (name, variable) in &self.variables {
            for key in variable.unknown.keys() {
                faults.push(format!("variable {name}: {key:?} isn't known"));
            }
        }
        for (number, trigger) in self.http_triggers().iter().enumerate() {
            trigger.report_unsupported(number + 1, faults);
        }
        for (id, component) in &self.components {
            component.report_unsupported(id, faults);
        }
    }
}

impl Trigger {
    fn report_unsupported(&self, number: usize, faults: &mut Vec<String>) {
        for key in self.unknown.keys() {
            faults.push(format!(
                "HTTP trigger {number}: {key:?} isn't supported by the embedded host"
            ));
        }
        if let Some(kind) = self.executor.as_ref().and_then(|executor| executor.get("type"))
            && !matches!(kind.as_str(), Some("http" | "spin"))
        {
            faults.push(format!(
                "HTTP trigger {number}: the executor {kind} isn't supported by the embedded host"
            ));
        }
    }
}

impl Component {
    fn report_unsupported(&self, id: &str, faults: &mut Vec<String>) {
        if !self.source.is_str() {
            faults.push(format!("component {id}: source must be the path of a .wasm file"));
        }
        for (key, value) in &self.unknown {
            let is_empty = value.as_array().is_some_and(Vec::is_empty)
                || value.as_table().is_some_and(Table::is_empty);
            if !COMPONENT_KEYS_IGNORED.contains(&key.as_str()) && !is_empty {
                faults
                    .push(format!("component {id}: {key:?} isn't supported by the embedded host"));
            }
        }
    }
}
