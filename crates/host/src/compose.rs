//! Dependencies of a component: their exports are plugged into its imports, and the result is one
//! component. What a dependency may use of its parent is decided here, before it runs.

use std::collections::BTreeMap;

use wac_graph::{
    CompositionGraph, EncodeOptions, NodeId,
    types::{Package, WorldId},
};

use crate::{
    app::ComponentConfig,
    dependency::{Dependency, capability_of},
};

/// The component with all of its dependencies inside. The same input gives the same bytes, because
/// the cache of compiled code knows a component by its bytes.
pub(crate) fn compose(config: &ComponentConfig, source: Vec<u8>) -> Result<Vec<u8>, String> {
    if config.dependencies.is_empty() {
        return Ok(source);
    }
    let mut composition = Composition { config, graph: CompositionGraph::new() };
    let parent = composition.register(&config.id, source)?;
    let arguments = composition.arguments(parent)?;
    for (import, argument) in arguments {
        composition
            .graph
            .set_instantiation_argument(parent.instance, &import, argument)
            .map_err(|error| composition.incompatible(&import, &error))?;
    }
    composition.export_all(parent)?;
    composition
        .graph
        .encode(EncodeOptions::default())
        .map_err(|error| format!("the dependencies can't be composed: {}", chain(&error)))
}

struct Composition<'a> {
    config: &'a ComponentConfig,
    graph: CompositionGraph,
}

/// A component in the graph: what it is and its one instance.
#[derive(Clone, Copy)]
struct Part {
    world: WorldId,
    instance: NodeId,
}

impl Composition<'_> {
    fn register(&mut self, name: &str, bytes: Vec<u8>) -> Result<Part, String> {
        let unusable = |reason: String| format!("{name} can't be composed: {reason}");
        let package = Package::from_bytes(name, None, bytes, self.graph.types_mut())
            .map_err(|error| unusable(format!("{error:#}")))?;
        let world = package.ty();
        let package =
            self.graph.register_package(package).map_err(|error| unusable(error.to_string()))?;
        Ok(Part { world, instance: self.graph.instantiate(package) })
    }

    /// What satisfies which import of the parent. Each import is satisfied once, each dependency
    /// satisfies at least one.
    fn arguments(&mut self, parent: Part) -> Result<BTreeMap<String, NodeId>, String> {
        let imports: Vec<String> =
            self.graph.types()[parent.world].imports.keys().cloned().collect();
        let mut satisfied: BTreeMap<String, (&Dependency, NodeId)> = BTreeMap::new();
        for dependency in &self.config.dependencies {
            let matching: Vec<&String> =
                imports.iter().filter(|import| dependency.name.matches(import)).collect();
            if matching.is_empty() {
                return Err(format!(
                    "dependency '{}' doesn't match any imports of component '{}'",
                    dependency.name, self.config.id
                ));
            }
            let part = self.register_dependency(dependency)?;
            for import in matching {
                let argument = self.export_of(dependency, part, import)?;
                if let Some((other, _)) = satisfied.insert(import.clone(), (dependency, argument)) {
                    return Err(format!(
                        "component '{}' has dependency conflicts: import '{import}' satisfied by \
                         dependencies: '{}, {}'",
                        self.config.id, other.name, dependency.name
                    ));
                }
            }
        }
        Ok(satisfied.into_iter().map(|(import, (_, argument))| (import, argument)).collect())
    }

    fn register_dependency(&mut self, dependency: &Dependency) -> Result<Part, String> {
        let source = &dependency.source;
        let bytes = std::fs::read(source).map_err(|error| {
            format!("can't read {} of dependency '{}': {error}", source.display(), dependency.name)
        })?;
        let part = self.register(&format!("dependency {}", dependency.name), bytes)?;
        self.check_capabilities(dependency, part)?;
        Ok(part)
    }

    /// Composed, the dependency and its parent are one to the host, so what the dependency must not
    /// use has to be found out now. Where the parent was granted nothing, nothing can be inherited.
    fn check_capabilities(&self, dependency: &Dependency, part: Part) -> Result<(), String> {
        for import in self.graph.types()[part.world].imports.keys() {
            let Some(capability) = capability_of(import) else { continue };
            if self.config.grants(capability) && !dependency.inherits.includes(capability) {
                return Err(format!(
                    "dependency '{}' imports \"{import}\" but doesn't inherit {capability:?}; \
                     add it to inherit_configuration",
                    dependency.name
                ));
            }
        }
        Ok(())
    }

    fn export_of(
        &mut self,
        dependency: &Dependency,
        part: Part,
        import: &str,
    ) -> Result<NodeId, String> {
        let export = dependency.export.as_deref().unwrap_or(import);
        self.graph.alias_instance_export(part.instance, export).map_err(|_| {
            format!(
                "dependency '{}' doesn't export '{export}' to satisfy import '{import}'",
                dependency.name
            )
        })
    }

    fn incompatible(&self, import: &str, error: &dyn std::error::Error) -> String {
        let names = self.config.dependencies.iter().filter(|found| found.name.matches(import));
        let names: Vec<String> = names.map(|found| found.name.to_string()).collect();
        format!(
            "dependency '{}' is not compatible with import '{import}': {}",
            names.join(", "),
            chain(error)
        )
    }

    /// What the parent exports is what the whole exports.
    fn export_all(&mut self, parent: Part) -> Result<(), String> {
        let exports: Vec<String> =
            self.graph.types()[parent.world].exports.keys().cloned().collect();
        for name in exports {
            let failed = |reason: String| format!("{name:?} can't be exported: {reason}");
            let export = self
                .graph
                .alias_instance_export(parent.instance, &name)
                .map_err(|error| failed(error.to_string()))?;
            self.graph.export(export, &name).map_err(|error| failed(error.to_string()))?;
        }
        Ok(())
    }
}

/// An error with all of its causes, since those of a composition say what doesn't fit.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
