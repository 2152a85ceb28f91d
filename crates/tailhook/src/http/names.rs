//! Under which names the daemon may be asked: whatever else a browser believes to be talking to is a trick.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header};

/// Where the daemon listens beyond the loopback addresses.
#[derive(Debug, Clone)]
pub(crate) struct Beyond {
    /// As it was given: an address or a name.
    pub(crate) host: String,
    /// What that is.
    pub(crate) addresses: Vec<IpAddr>,
    /// Whether it speaks TLS there.
    pub(crate) tls: bool,
}

impl Beyond {
    /// e.g. `https://192.0.2.1:8765/`
    pub(crate) fn url(&self, port: u16) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{}://{host}:{port}/", self.scheme())
    }

    fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    fn is(&self, name: &str) -> bool {
        let any = self.addresses.iter().any(IpAddr::is_unspecified);
        // A name can be made to point here by whoever owns it; an address cannot.
        let address = name.parse::<IpAddr>().is_ok_and(|address| any || self.addresses.contains(&address));
        address || name.eq_ignore_ascii_case(&self.host)
    }
}

/// The daemon's own names.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) port: u16,
    pub(crate) beyond: Option<Beyond>,
}

impl Names {
    /// Whether the Host is the daemon's.
    pub(super) fn are_asked(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        host(headers, uri).is_some_and(|host| {
            let name = without_port(host);
            is_loopback(name) || self.beyond.as_ref().is_some_and(|beyond| beyond.is(name))
        })
    }

    /// Whether a page of the daemon's own asks, or no page. Programs send no Origin; a browser always does where it
    /// matters.
    pub(super) fn own_the_origin(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let Some((scheme, authority)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
            return false;
        };
        let port = self.port;
        let local = [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
        if scheme == "http" && local.iter().any(|own| own == authority) {
            return true;
        }
        let beyond =
            self.beyond.as_ref().filter(|beyond| beyond.scheme() == scheme && beyond.is(without_port(authority)));
        beyond.is_some() && host(headers, uri) == Some(authority)
    }

    /// Whether a page from a file asks. Browsers do not agree on what its origin is.
    ///
    /// A frame that its page has put into a sandbox says `null` too, whatever site it is of.
    pub(super) fn are_asked_from_a_file(headers: &HeaderMap) -> bool {
        headers.get(header::ORIGIN).is_some_and(|origin| origin == "null" || origin == "file://")
    }

    /// Whether the Host is a loopback address.
    pub(super) fn are_asked_at_home(headers: &HeaderMap, uri: &Uri) -> bool {
        host(headers, uri).is_some_and(|host| is_loopback(without_port(host)))
    }

    /// Whether this came by TLS: a cookie is then for TLS alone.
    pub(super) fn came_by_tls(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        // As the listener has it: these two speak plain HTTP, all others TLS.
        let plain = ["localhost", "127.0.0.1", "::1"];
        let beyond = host(headers, uri).is_some_and(|host| !plain.contains(&without_port(host)));
        beyond && self.beyond.as_ref().is_some_and(|beyond| beyond.tls)
    }
}

fn host<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Option<&'r str> {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.host())
}

fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

fn is_loopback(name: &str) -> bool {
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().expect("a header"))).collect()
    }

    fn names(beyond: Option<(&str, &[&str], bool)>) -> Names {
        let beyond = beyond.map(|(host, addresses, tls)| Beyond {
            host: host.into(),
            addresses: addresses.iter().map(|address| address.parse().expect("an address")).collect(),
            tls,
        });
        Names { port: 8765, beyond }
    }

    #[test]
    fn hosts() {
        let loopback = names(None);
        let one = names(Some(("box.lan", &["192.168.0.7", "fd00::7"], true)));
        let any = names(Some(("0.0.0.0", &["0.0.0.0"], true)));
        for (host, at_home, at_one, at_any) in [
            ("127.0.0.1:8765", true, true, true),
            ("localhost:1", true, true, true),
            ("localhost", true, true, true),
            ("[::1]:8765", true, true, true),
            ("127.9.9.9", true, true, true),
            ("box.lan:8765", false, true, false),
            ("BOX.lan", false, true, false),
            ("192.168.0.7:8765", false, true, true),
            ("[fd00::7]:8765", false, true, true),
            ("192.168.0.8:8765", false, false, true),
            ("example.com", false, false, false),
            ("127.0.0.1.example.com:8765", false, false, false),
            ("box.lan.example.com", false, false, false),
            ("", false, false, false),
        ] {
            for (names, own) in [(&loopback, at_home), (&one, at_one), (&any, at_any)] {
                let asked = names.are_asked(&headers(&[(header::HOST, host)]), &Uri::from_static("/"));
                assert_eq!(asked, own, "{host} of {names:?}");
            }
        }
        assert!(!loopback.are_asked(&HeaderMap::new(), &Uri::from_static("/")));
    }

    #[test]
    fn origins() {
        let own = |names: &Names, host: &str, origin: &str| {
            let headers = headers(&[(header::HOST, host), (header::ORIGIN, origin)]);
            names.own_the_origin(&headers, &Uri::from_static("/"))
        };
        let loopback = names(None);
        for (origin, wanted) in [
            ("http://127.0.0.1:8765", true),
            ("http://localhost:8765", true),
            ("http://[::1]:8765", true),
            ("http://127.0.0.1:9999", false),
            ("https://127.0.0.1:8765", false),
            ("http://evil.example", false),
            ("null", false),
        ] {
            assert_eq!(own(&loopback, "127.0.0.1:8765", origin), wanted, "{origin}");
        }
        let any = names(Some(("0.0.0.0", &["0.0.0.0"], true)));
        assert!(own(&any, "192.168.0.7:8765", "https://192.168.0.7:8765"));
        assert!(!own(&any, "192.168.0.7:8765", "http://192.168.0.7:8765"));
        assert!(!own(&any, "192.168.0.7:8765", "https://192.168.0.9:8765"), "another machine's page");
        assert!(loopback.own_the_origin(&HeaderMap::new(), &Uri::from_static("/")));
    }
}
