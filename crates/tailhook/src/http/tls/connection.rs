//! One connection. Its handshake is part of its first read: a client that takes its time keeps nobody else waiting.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

/// Longest that a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes to and from a client.
pub(crate) enum Connection {
    Plain(TcpStream),
    Secured(Box<Secured>),
}

pub(crate) enum Secured {
    Greeting { accept: Accept<TcpStream>, patience: Pin<Box<Sleep>> },
    Open(TlsStream<TcpStream>),
}

impl Connection {
    pub(super) fn secured(acceptor: &TlsAcceptor, stream: TcpStream) -> Self {
        let patience = Box::pin(tokio::time::sleep(PATIENCE));
        Self::Secured(Box::new(Secured::Greeting { accept: acceptor.accept(stream), patience }))
    }
}

impl Secured {
    /// The stream, once the handshake is over.
    fn open(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Pin<&mut TlsStream<TcpStream>>>> {
        if let Self::Greeting { accept, patience } = self {
            if patience.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            let stream = ready!(Pin::new(accept).poll(context))?;
            *self = Self::Open(stream);
        }
        match self {
            Self::Open(stream) => Poll::Ready(Ok(Pin::new(stream))),
            Self::Greeting { .. } => Poll::Pending,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Secured(secured) => ready!(secured.open(context))?.poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Secured(secured) => ready!(secured.open(context))?.poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Secured(secured) => ready!(secured.open(context))?.poll_write_vectored(context, slices),
        }
    }

    // One `writev` of many frames is what plain clients get; a TLS record is made of bytes that lie together.
    fn is_write_vectored(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Secured(secured) => ready!(secured.open(context))?.poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            // Nobody is there to be told that it is over.
            Self::Secured(secured) if matches!(**secured, Secured::Greeting { .. }) => Poll::Ready(Ok(())),
            Self::Secured(secured) => ready!(secured.open(context))?.poll_shutdown(context),
        }
    }
}
