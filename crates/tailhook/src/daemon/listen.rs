//! Which addresses the daemon listens on: sockets that a service manager hands over, the loopback ones, and those beyond.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use listenfd::ListenFd;
use tokio::net::TcpListener;

use super::serve::ServeError;
use crate::config::Listening;
use crate::http::{Beyond, Listener, Names, Tls};

/// Takes over the sockets of `LISTEN_FDS`, if there are any. To be called while there is one thread: it clears the
/// variables, so that no process started from here takes them for its own.
pub(super) fn handed_over() -> Result<Vec<std::net::TcpListener>, ServeError> {
    let mut handed = ListenFd::from_env();
    let mut listeners = Vec::new();
    for n in 0..handed.len() {
        let Some(listener) = handed.take_tcp_listener(n).map_err(ServeError::HandedOver)? else { continue };
        let address = listener.local_addr().map_err(ServeError::HandedOver)?;
        // Beyond loopback the settings decide, with TLS.
        if !address.ip().is_loopback() {
            return Err(ServeError::HandedOver(io::Error::other(format!("{address} is not on loopback"))));
        }
        listener.set_nonblocking(true).map_err(ServeError::HandedOver)?;
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Listens on what was handed over or on 127.0.0.1, on `::1`, and beyond where the settings say so. The first has the port
/// that all have.
pub(super) async fn listen(
    handed_over: Vec<std::net::TcpListener>,
    port: u16,
    listening: &Listening,
) -> Result<(Vec<Listener>, Names), ServeError> {
    let (beyond, tls) = match listening.beyond() {
        None => (None, None),
        Some(host) => beyond(host, listening).await.map(|(beyond, tls)| (Some(beyond), tls))?,
    };
    let addresses = beyond.as_ref().map_or(&[][..], |beyond| &beyond.addresses[..]);
    let sockets = bind(handed_over, port, addresses).await.map_err(|cause| ServeError::Listen { port, cause })?;
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
    let tls = match (&listening.tls_cert.value, &listening.tls_key.value) {
        (Some(certificate), Some(key)) => Some(Tls::load(certificate, key)?),
        _ if listening.insecure_plain.value => None,
        _ => return Err(ServeError::PlainBeyond { host: host.into() }),
    };
    let found = tokio::net::lookup_host((host, 0)).await;
    let found = found.map_err(|cause| ServeError::Host { host: host.into(), cause })?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.dedup();
    Ok((Beyond { host: host.into(), addresses, tls: tls.is_some() }, tls))
}

async fn bind(handed_over: Vec<std::net::TcpListener>, port: u16, beyond: &[IpAddr]) -> io::Result<Vec<TcpListener>> {
    let home = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let any = beyond.iter().find(|address| address.is_unspecified());
    // An address that stands for all takes the loopback ones with it.
    let first = any.copied().unwrap_or(home[0]);
    let mut sockets = handed_over.into_iter().map(TcpListener::from_std).collect::<io::Result<Vec<_>>>()?;
    if sockets.is_empty() {
        sockets.push(TcpListener::bind((first, port)).await?);
    }
    let bound = sockets.iter().map(|socket| Ok(socket.local_addr()?.ip())).collect::<io::Result<Vec<_>>>()?;
    let port = sockets[0].local_addr()?.port();
    for address in beyond
        .iter()
        .filter(|address| !bound.contains(address) && !home.contains(address))
        .filter(|address| any.is_none_or(|any| any == *address))
    {
        sockets.push(TcpListener::bind(SocketAddr::from((*address, port))).await?);
    }
    // A machine without IPv6 has no ::1, and needs none.
    for address in home.into_iter().filter(|address| !bound.contains(address)) {
        sockets.extend(TcpListener::bind((address, port)).await.ok());
    }
    Ok(sockets)
}
