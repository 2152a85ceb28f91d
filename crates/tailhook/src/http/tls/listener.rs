//! Where connections come in, and which of them speak TLS.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::{TcpListener, TcpStream};

use super::Tls;
use super::connection::Connection;

/// A listener. What comes by 127.0.0.1 or `::1` is of this machine and speaks plain HTTP, as programs here expect; what
/// comes by any other address speaks TLS, if there is a certificate.
pub(crate) struct Listener {
    tcp: TcpListener,
    tls: Option<Tls>,
}

impl Listener {
    pub(crate) fn new(tcp: TcpListener, tls: Option<Tls>) -> Self {
        Self { tcp, tls }
    }

    fn connection(&self, stream: TcpStream) -> Connection {
        // An envelope that waits for the acknowledgement of the one before is late by 40 ms.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            Some(tls) if !came_from_here(&stream) => Connection::secured(&tls.0, stream),
            _ => Connection::Plain(stream),
        }
    }
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(SocketAddr);

impl Peer {
    /// Whether that is on this machine. The Host says nothing about it: a program writes there what it likes.
    pub(in crate::http) fn is_local(self) -> bool {
        self.0.ip().to_canonical().is_loopback()
    }

    /// Where it is.
    pub(in crate::http) fn address(self) -> SocketAddr {
        self.0
    }
}

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        Self(*stream.remote_addr())
    }
}

fn came_from_here(stream: &TcpStream) -> bool {
    let address = stream.local_addr().map(|address| address.ip().to_canonical());
    address.is_ok_and(|ip| ip == IpAddr::V4(Ipv4Addr::LOCALHOST) || ip == IpAddr::V6(Ipv6Addr::LOCALHOST))
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // axum's own, which waits where the process has too many open files.
        let (stream, address) = axum::serve::Listener::accept(&mut self.tcp).await;
        (self.connection(stream), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
