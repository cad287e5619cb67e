//! Which component answers a path, and what the path's parts are called.

use http::HeaderValue;
use routefinder::{RouteSpec, Router};

/// The public routes of an app.
pub(crate) struct Routes(Router<Route>);

/// A route as written in the manifest, with the header values that describe it.
pub(crate) struct Route {
    pub component: String,
    /// The pattern as written.
    pub raw: HeaderValue,
    /// The pattern as matched: rooted, and without a slash at the end.
    pub normalised: HeaderValue,
    /// The pattern as written without the wildcard at its end.
    pub prefix: HeaderValue,
}

/// The route that a request takes.
pub(crate) struct RouteMatch<'a> {
    pub route: &'a Route,
    /// Names and values of `:parameters`.
    pub parameters: Vec<(String, String)>,
    /// What the wildcard at the end stands for; empty without one.
    pub path_info: String,
}

impl Routes {
    /// All unusable routes are added to `faults`.
    pub fn new(routes: &[(String, String)], faults: &mut Vec<String>) -> Self {
        let mut router = Router::new();
        for (pattern, component) in routes {
            match Route::new(pattern, component) {
                // The same pattern again replaces the earlier one, as in Spin.
                Ok((spec, route)) => {
                    if let Err(reason) = router.add(spec, route) {
                        faults.push(format!("route {pattern:?}: {reason}"));
                    }
                }
                Err(reason) => faults.push(format!("route {pattern:?}: {reason}")),
            }
        }
        Self(router)
    }

    /// Exact routes win over parameters, parameters over wildcards, long prefixes over short ones.
    pub fn find(&self, path: &str) -> Option<RouteMatch<'_>> {
        let best = self.0.best_match(path)?;
        let captures = best.captures();
        let parameters =
            captures.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let path_info = captures.wildcard().map(|rest| wildcard_with_slashes(rest, path));
        Some(RouteMatch {
            route: best.handler(),
            parameters,
            path_info: path_info.unwrap_or_default(),
        })
    }
}

/// The router drops slashes around the wildcard; guests expect what the client wrote.
fn wildcard_with_slashes(rest: &str, path: &str) -> String {
    match (rest.is_empty(), path.ends_with('/')) {
        (true, false) => String::new(),
        (true, true) => "/".to_owned(),
        (false, false) => format!("/{rest}"),
        (false, true) => format!("/{rest}/"),
    }
}

impl Route {
    fn new(pattern: &str, component: &str) -> Result<(RouteSpec, Self), String> {
        let rooted =
            if pattern.starts_with('/') { pattern.to_owned() } else { format!("/{pattern}") };
        let normalised = rooted.strip_suffix('/').unwrap_or(&rooted);
        let spec = match normalised.strip_suffix("/...") {
            Some(prefix) => RouteSpec::try_from(format!("{prefix}/*"))?,
            None => RouteSpec::try_from(normalised)?,
        };
        let value = |text: &str| HeaderValue::from_str(text).map_err(|error| error.to_string());
        let route = Self {
            component: component.to_owned(),
            raw: value(pattern)?,
            normalised: value(normalised)?,
            prefix: value(pattern.strip_suffix("/...").unwrap_or(pattern))?,
        };
        Ok((spec, route))
    }

    /// How Spin describes a request that one component sends to another: everything is wildcard.
    pub fn chained(component: &str) -> Self {
        Self {
            component: component.to_owned(),
            raw: HeaderValue::from_static("/..."),
            normalised: HeaderValue::from_static("/..."),
            prefix: HeaderValue::from_static(""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[(&str, &str)] = &[
        ("/", "home"),
        ("/orders", "orders"),
        ("/orders/:id", "order"),
        ("/orders/:id/history", "history"),
        ("/orders/:id/transitions/...", "transitions"),
        ("/orders/new", "new"),
        ("/files/...", "files"),
        ("/files/public/...", "public"),
        ("relative/", "relative"),
    ];

    /// Path, component, parameters, path info.
    const CASES: &[(&str, &str, &str, &str)] = &[
        ("/", "home", "", ""),
        ("/orders", "orders", "", ""),
        ("/orders/", "orders", "", ""),
        ("/orders/7", "order", "id=7", ""),
        ("/orders/new", "new", "", ""),
        ("/orders/7/history", "history", "id=7", ""),
        ("/orders/7/transitions", "transitions", "id=7", ""),
        ("/orders/7/transitions/", "transitions", "id=7", "/"),
        ("/orders/7/transitions/a/b", "transitions", "id=7", "/a/b"),
        ("/orders/7/transitions/a/", "transitions", "id=7", "/a/"),
        ("/files/x", "files", "", "/x"),
        ("/files/public/x", "public", "", "/x"),
        ("/relative", "relative", "", ""),
        ("/orders/7/nothing", "-", "", ""),
        ("/nothing", "-", "", ""),
    ];

    #[test]
    fn paths_find_their_component() {
        let routes: Vec<_> =
            ROUTES.iter().map(|(p, c)| ((*p).to_owned(), (*c).to_owned())).collect();
        let mut faults = Vec::new();
        let routes = Routes::new(&routes, &mut faults);
        assert_eq!(faults, Vec::<String>::new());
        for &(path, component, parameters, path_info) in CASES {
            let Some(found) = routes.find(path) else {
                assert_eq!(component, "-", "{path}");
                continue;
            };
            let named: Vec<_> = found.parameters.iter().map(|(n, v)| format!("{n}={v}")).collect();
            let actual = (&*found.route.component, &*named.join(","), &*found.path_info);
            assert_eq!(actual, (component, parameters, path_info), "{path}");
        }
    }
}
