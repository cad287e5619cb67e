//! What the manifest means: components with their grants, and routes. All faults are found here,
//! before anything is compiled.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use toml::Value;

use crate::{
    allowed_hosts::AllowedHosts,
    dependency::Dependency,
    error::HostError,
    manifest::{Component, Manifest, Trigger},
    template,
};

/// The only database that Spin has without a configuration of its own.
pub(crate) const DEFAULT_DATABASE: &str = "default";

#[derive(Debug)]
pub(crate) struct App {
    pub name: String,
    /// The components that answer HTTP. What serves only as a dependency isn't among them.
    pub components: Vec<ComponentConfig>,
    /// Public routes in the order of the manifest: pattern and component.
    pub routes: Vec<(String, String)>,
}

/// A component and everything that it was granted.
#[derive(Debug)]
pub(crate) struct ComponentConfig {
    pub id: String,
    pub source: PathBuf,
    pub sqlite_databases: BTreeSet<String>,
    pub allowed_hosts: AllowedHosts,
    pub variables: BTreeMap<String, String>,
    pub dependencies: Vec<Dependency>,
}

impl ComponentConfig {
    /// Whether there is anything of a capability that a dependency could use.
    pub fn grants(&self, capability: &str) -> bool {
        match capability {
            "sqlite_databases" => !self.sqlite_databases.is_empty(),
            "variables" => !self.variables.is_empty(),
            "allowed_outbound_hosts" => !self.allowed_hosts.is_empty(),
            _ => false,
        }
    }
}

impl App {
    /// Reads the manifest; `overrides` are values for application variables.
    pub fn load(path: &Path, overrides: &BTreeMap<String, String>) -> Result<Self, HostError> {
        let manifest = Manifest::read(path)?;
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut faults = Vec::new();
        manifest.report_unsupported(&mut faults);
        let variables = application_variables(&manifest, overrides, &mut faults);
        let (routes, served) = routes(&manifest, &mut faults);
        let components = manifest
            .components
            .iter()
            .filter(|(id, _)| served.contains(*id))
            .map(|(id, component)| {
                let mut reader = ComponentReader {
                    manifest: &manifest,
                    directory,
                    variables: &variables,
                    served: &served,
                    id,
                    faults: Vec::new(),
                };
                let config = reader.read(component);
                faults.append(&mut reader.faults);
                config
            })
            .collect();
        if faults.is_empty() {
            Ok(Self { name: manifest.application.name, components, routes })
        } else {
            Err(HostError::Configuration(faults))
        }
    }
}

fn application_variables(
    manifest: &Manifest,
    overrides: &BTreeMap<String, String>,
    faults: &mut Vec<String>,
) -> BTreeMap<String, String> {
    for name in overrides.keys().filter(|name| !manifest.variables.contains_key(*name)) {
        faults.push(format!(
            "a value is given for the variable {name:?}, but [variables] doesn't declare it"
        ));
    }
    let mut values = BTreeMap::new();
    for (name, variable) in &manifest.variables {
        if let Err(reason) = template::check_name(name) {
            faults.push(format!("variable {reason}"));
        }
        if variable.required == variable.default.is_some() {
            faults.push(format!("variable {name}: needs either `default` or `required = true`"));
        }
        let value = overrides.get(name).or(variable.default.as_ref());
        if value.is_none() {
            faults.push(format!("variable {name}: is required and has no value; give it one"));
        }
        values.insert(name.clone(), value.cloned().unwrap_or_default());
    }
    values
}

/// The public routes, and the components that have any HTTP trigger.
fn routes(
    manifest: &Manifest,
    faults: &mut Vec<String>,
) -> (Vec<(String, String)>, BTreeSet<String>) {
    let mut routes = Vec::new();
    let mut served = BTreeSet::new();
    for (index, trigger) in manifest.http_triggers().iter().enumerate() {
        match route(manifest, trigger) {
            Ok((route, component)) => {
                if let Some(route) = route {
                    routes.push((route, component.clone()));
                }
                served.insert(component);
            }
            Err(reason) => faults.push(format!("HTTP trigger {}: {reason}", index + 1)),
        }
    }
    (routes, served)
}

fn route(manifest: &Manifest, trigger: &Trigger) -> Result<(Option<String>, String), String> {
    let component = match &trigger.component {
        Some(Value::String(component)) if manifest.components.contains_key(component) => component,
        Some(Value::String(component)) => {
            return Err(format!("there is no component {component:?}"));
        }
        Some(_) => return Err("component must be the name of a [component.NAME]".to_owned()),
        None => return Err("component is missing".to_owned()),
    };
    let route = match &trigger.route {
        Some(Value::String(route)) => Some(route.clone()),
        Some(Value::Table(table))
            if table.len() == 1 && table.get("private") == Some(&Value::Boolean(true)) =>
        {
            None
        }
        _ => return Err("route must be a pattern or { private = true }".to_owned()),
    };
    Ok((route, component.clone()))
}

/// Turns one `[component.NAME]` into its configuration.
struct ComponentReader<'a> {
    manifest: &'a Manifest,
    directory: &'a Path,
    variables: &'a BTreeMap<String, String>,
    /// The components that answer HTTP.
    served: &'a BTreeSet<String>,
    id: &'a str,
    faults: Vec<String>,
}

impl ComponentReader<'_> {
    fn read(&mut self, component: &Component) -> ComponentConfig {
        for label in component.sqlite_databases.iter().filter(|label| *label != DEFAULT_DATABASE) {
            self.fault(format!(
                "the SQLite database {label:?} isn't defined, only \"{DEFAULT_DATABASE}\" is"
            ));
        }
        let source = self.directory.join(component.source.as_str().unwrap_or_default());
        if component.source.is_str() && !source.is_file() {
            self.fault(format!("there is no file {}; build it first", source.display()));
        }
        ComponentConfig {
            id: self.id.to_owned(),
            source,
            sqlite_databases: component.sqlite_databases.iter().cloned().collect(),
            allowed_hosts: self.allowed_hosts(&component.allowed_outbound_hosts),
            variables: self.variables(&component.variables),
            dependencies: self.dependencies(component),
        }
    }

    fn allowed_hosts(&mut self, entries: &[String]) -> AllowedHosts {
        let mut hosts = AllowedHosts::default();
        for entry in entries {
            let rendered = match template::render(entry, self.variables) {
                Ok(rendered) => rendered,
                Err(reason) => {
                    self.fault(format!("allowed_outbound_hosts: {reason}"));
                    continue;
                }
            };
            // As in Spin, an empty variable switches an optional place off.
            if template::is_template(entry) && matches!(&*rendered, "" | "http://" | "https://") {
                continue;
            }
            let components = self.served.iter().map(String::as_str);
            if let Err(reason) = hosts.add(&rendered, components) {
                self.fault(format!("allowed_outbound_hosts: {reason}"));
            }
        }
        hosts
    }

    fn variables(&mut self, templates: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        for (name, template) in templates {
            if let Err(reason) = template::check_name(name) {
                self.fault(format!("variable {reason}"));
            }
            match template::render(template, self.variables) {
                Ok(value) => {
                    values.insert(name.clone(), value);
                }
                Err(reason) => self.fault(format!("variable {name}: {reason}")),
            }
        }
        values
    }

    fn dependencies(&mut self, component: &Component) -> Vec<Dependency> {
        let resolve = |path: PathBuf| self.directory.join(path);
        let source_of = |id: &str| {
            Some(resolve(PathBuf::from(self.manifest.components.get(id)?.source.as_str()?)))
        };
        let inherit_all = component.dependencies_inherit_configuration;
        let (found, faults): (Vec<_>, Vec<_>) = component
            .dependencies
            .iter()
            .map(|(name, entry)| {
                Dependency::parse(name, entry, inherit_all, source_of, resolve)
                    .map_err(|reason| format!("dependency {name:?}: {reason}"))
            })
            .partition(Result::is_ok);
        for fault in faults.into_iter().filter_map(Result::err) {
            self.fault(fault);
        }
        found.into_iter().filter_map(Result::ok).collect()
    }

    fn fault(&mut self, fault: String) {
        self.faults.push(format!("component {}: {fault}", self.id));
    }
}
