//! `allowed_outbound_hosts`: which places a component may reach. The rules are Spin's, because an
//! app that is refused there must be refused here.

use std::ops::Range;

use ip_network::IpNetwork;
use url::{Host, Url};

/// Hosts under this domain are components of the app.
const CHAINING_SUFFIX: &str = ".spin.internal";

/// All that one component may reach.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedHosts(Vec<Pattern>);

/// One entry, in the form `scheme://host:port`.
#[derive(Clone, Debug, PartialEq)]
struct Pattern {
    /// `None` stands for `*`.
    scheme: Option<String>,
    host: HostPattern,
    /// `None` stands for `*`.
    ports: Option<Range<u32>>,
}

#[derive(Clone, Debug, PartialEq)]
enum HostPattern {
    Any,
    /// The app itself, under whatever address it listens on.
    Itself,
    Exactly(Host),
    /// With the leading dot.
    Subdomains(String),
    Network(IpNetwork),
}

impl AllowedHosts {
    /// Adds the entry `text`; the error says what is wrong with it. `components` are the names that
    /// `*.spin.internal` stands for.
    pub fn add<'a>(
        &mut self,
        text: &str,
        components: impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        let pattern = Pattern::parse(text).map_err(|reason| format!("{text:?}: {reason}"))?;
        match &pattern.host {
            HostPattern::Subdomains(suffix) if suffix == CHAINING_SUFFIX => {
                self.0.extend(components.map(|component| Pattern {
                    host: HostPattern::Exactly(Host::Domain(format!("{component}{suffix}"))),
                    ..pattern.clone()
                }));
                return Ok(());
            }
            HostPattern::Exactly(Host::Domain(domain)) => {
                // A call to it could never be answered.
                if let Some(name) = chained_component(domain)
                    && !components.into_iter().any(|component| component == name)
                {
                    return Err(format!(
                        "{text:?}: there is no component {name:?} with an HTTP trigger"
                    ));
                }
            }
            _ => {}
        }
        self.0.push(pattern);
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `url` may be reached. A text without a scheme is taken as an authority of
    /// `default_scheme`; one that isn't an address at all is refused.
    pub fn allows(&self, url: &str, default_scheme: &str) -> bool {
        let parsed = match Url::parse(url) {
            Ok(url) if url.has_host() => url,
            _ => match Url::parse(&format!("{default_scheme}://{url}")) {
                Ok(url) => url,
                Err(_) => return false,
            },
        };
        // The host is parsed once more because the `url` crate leaves it as text for schemes that
        // it doesn't know, such as tcp and postgres.
        let Some(Ok(host)) = parsed.host_str().map(Host::parse) else { return false };
        let port = parsed.port().or_else(|| default_port(parsed.scheme()));
        self.0.iter().any(|pattern| pattern.allows(parsed.scheme(), &host, port))
    }

    /// Whether the app may call itself over HTTP through a relative URL.
    pub fn allows_itself(&self) -> bool {
        self.0.iter().any(|pattern| {
            matches!(pattern.scheme.as_deref(), None | Some("http" | "https"))
                && matches!(pattern.host, HostPattern::Any | HostPattern::Itself)
        })
    }
}

/// The component that a URL of the app's own domain means.
pub(crate) fn chained_component(host: &str) -> Option<&str> {
    let (component, rest) = host.split_once('.')?;
    let domain = rest.rsplit_once(':').map_or(rest, |(domain, _port)| domain);
    (domain == &CHAINING_SUFFIX[1..]).then_some(component)
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(
            "must have the form <scheme>://<host>[:<port>], for instance https://example.com",
        )?;
        let (host, port) = split_port(rest)?;
        let ports = match port {
            "" => {
                let port = default_port(scheme)
                    .ok_or_else(|| format!("needs a port, {scheme:?} has no usual one"))?;
                Some(single(port))
            }
            "*" => None,
            port => Some(parse_ports(port)?),
        };
        let scheme = match scheme {
            "*" => None,
            scheme if scheme.chars().all(char::is_alphabetic) => Some(scheme.to_owned()),
            _ => return Err("the scheme must be `*` or a word".to_owned()),
        };
        Ok(Self { scheme, host: HostPattern::parse(host)?, ports })
    }

    fn allows(&self, scheme: &str, host: &Host, port: Option<u16>) -> bool {
        self.scheme.as_deref().is_none_or(|own| own == scheme)
            && self.host.allows(host)
            && match (&self.ports, port) {
                (None, _) => true,
                (Some(ports), Some(port)) => ports.contains(&port.into()),
                (Some(_), None) => false,
            }
    }
}

impl HostPattern {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Ok(network) = IpNetwork::from_str_truncate(text) {
            return Ok(Self::Network(network));
        }
        let text = text.strip_suffix('/').unwrap_or(text);
        if text == "self" || text == "self.alt" {
            return Ok(Self::Itself);
        }
        if text.contains('/') {
            return Err("must not have a path".to_owned());
        }
        if let Some(domain) = text.strip_prefix("*.") {
            return match Host::parse(domain) {
                Ok(Host::Domain(domain)) if !domain.contains('*') => {
                    Ok(Self::Subdomains(format!(".{domain}")))
                }
                _ => Err(format!("{domain:?} isn't a domain")),
            };
        }
        if text.contains('*') {
            return Err("`*` may only stand for the whole host or for its first part".to_owned());
        }
        Host::parse(text).map(Self::Exactly).map_err(|error| format!("{text:?}: {error}"))
    }

    fn allows(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Exactly(own), host) => own == host,
            (Self::Subdomains(suffix), Host::Domain(domain)) => domain.ends_with(suffix),
            (Self::Network(network), Host::Ipv4(ip)) => network.contains(*ip),
            (Self::Network(network), Host::Ipv6(ip)) => network.contains(*ip),
            // A call to the app itself has no host to compare; see `allows_itself`.
            (Self::Itself | Self::Subdomains(_) | Self::Network(_), _) => false,
        }
    }
}

/// Splits the port off; colons inside an IPv6 address or network aren't one.
fn split_port(rest: &str) -> Result<(&str, &str), String> {
    let Some((host, port)) = rest.rsplit_once(':') else { return Ok((rest, "")) };
    if port.is_empty() {
        return Ok((host, ""));
    }
    if HostPattern::parse(rest).is_ok() {
        return Ok((rest, ""));
    }
    match port.split_once('/') {
        None => Ok((host, port)),
        Some((port, "")) => Ok((host, port)),
        Some(_) => Err("must not have a path".to_owned()),
    }
}

/// `8080`, or `8000..9000` (the end excluded).
fn parse_ports(text: &str) -> Result<Range<u32>, String> {
    let number = |part: &str| part.parse::<u16>().map_err(|_| format!("{text:?} isn't a port"));
    match text.split_once("..") {
        Some((start, end)) => Ok(number(start)?.into()..number(end)?.into()),
        None => Ok(single(number(text)?)),
    }
}

fn single(port: u16) -> Range<u32> {
    u32::from(port)..u32::from(port) + 1
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "redis" => Some(6379),
        "mqtt" => Some(1883),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
