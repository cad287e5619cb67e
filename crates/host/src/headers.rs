//! The headers that Spin adds to a request for its component, and those it takes away.

use std::net::SocketAddr;

use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{CONNECTION, HOST},
};

use crate::{allowed_hosts::chained_component, routes::RouteMatch};

const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const PATH_MATCH_PREFIX: &str = "spin-path-match-";

/// Takes away what only concerns the connection, and a host name that could be mistaken for a
/// component of the app.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let names_component = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .is_some_and(|host| chained_component(host).is_some());
    if names_component {
        headers.remove(HOST);
    }
    headers.remove(CONNECTION);
}

/// Describes route and client. A client can't pretend to be the host: what it sent under the same
/// names is replaced.
pub(crate) fn describe(
    headers: &mut HeaderMap,
    uri: &Uri,
    matched: &RouteMatch<'_>,
    client: SocketAddr,
) {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = uri.scheme_str().unwrap_or("http");
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let full_url = format!("{scheme}://{host}{path}");
    set(headers, FULL_URL, &full_url);
    set(headers, PATH_INFO, &matched.path_info);
    headers.insert(MATCHED_ROUTE, matched.route.normalised.clone());
    headers.insert(BASE_PATH, HeaderValue::from_static("/"));
    headers.insert(RAW_COMPONENT_ROUTE, matched.route.raw.clone());
    headers.insert(COMPONENT_ROUTE, matched.route.prefix.clone());
    set(headers, CLIENT_ADDR, &client.to_string());
    for (name, value) in &matched.parameters {
        let name = format!("{PATH_MATCH_PREFIX}{}", name.replace('_', "-").to_ascii_lowercase());
        if let Ok(name) = HeaderName::try_from(name) {
            set(headers, name, value);
        }
    }
}

/// What can't be written as a header, such as a path with odd bytes, is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => drop(headers.insert(name, value)),
        Err(_) => drop(headers.remove(name)),
    }
}
