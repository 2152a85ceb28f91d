//! Which addresses the daemon listens on.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use super::serve::ServeError;
use crate::config::Listening;
use crate::http::{Beyond, Listener, Names, Tls};

/// Listens on 127.0.0.1 and `::1`, and beyond where the settings say so. The first has the port that all have.
pub(super) async fn listen(port: u16, listening: &Listening) -> Result<(Vec<Listener>, Names), ServeError> {
    let (beyond, tls) = match listening.beyond() {
        None => (None, None),
        Some(host) => beyond(host, listening).await.map(|(beyond, tls)| (Some(beyond), tls))?,
    };
    let addresses = beyond.as_ref().map_or(&[][..], |beyond| &beyond.addresses[..]);
    let sockets = bind(port, addresses).await.map_err(|cause| ServeError::Listen { port, cause })?;
    let port = sockets.first().and_then(|socket| socket.local_addr().ok()).map_or(port, |address| address.port());
    if let Some(beyond) = &beyond {
        let url = beyond.url(port);
        if beyond.tls {
            tracing::warn!("listens beyond this machine at {url}: who has the token can read and send events");
        } else {
            tracing::warn!("listens beyond this machine at {url} without TLS: the network can read all, the token too");
        }
    }
    Ok((sockets.into_iter().map(|socket| Listener::new(socket, tls.clone())).collect(), Names { port, beyond }))
}

async fn beyond(host: &str, listening: &Listening) -> Result<(Beyond, Option<Tls>), ServeError> {
    let tls = match (&listening.tls_cert, &listening.tls_key) {
        (Some(certificate), Some(key)) => Some(Tls::load(certificate, key)?),
        _ if listening.insecure_plain => None,
        _ => return Err(ServeError::PlainBeyond { host: host.into() }),
    };
    let found = tokio::net::lookup_host((host, 0)).await;
    let found = found.map_err(|cause| ServeError::Host { host: host.into(), cause })?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.dedup();
    Ok((Beyond { host: host.into(), addresses, tls: tls.is_some() }, tls))
}

async fn bind(port: u16, beyond: &[IpAddr]) -> io::Result<Vec<TcpListener>> {
    let home = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let any = beyond.iter().find(|address| address.is_unspecified());
    // An address that stands for all takes the loopback ones with it.
    let first = any.copied().unwrap_or(home[0]);
    let mut sockets = vec![TcpListener::bind((first, port)).await?];
    let port = sockets[0].local_addr()?.port();
    for address in beyond.iter().filter(|address| any.is_none() && !home.contains(address)) {
        sockets.push(TcpListener::bind(SocketAddr::from((*address, port))).await?);
    }
    // A machine without IPv6 has no ::1, and needs none.
    for address in home.into_iter().filter(|address| *address != first) {
        sockets.extend(TcpListener::bind((address, port)).await.ok());
    }
    Ok(sockets)
}
