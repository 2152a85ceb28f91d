//! Asking the running daemon.

use std::time::Duration;

use serde::de::DeserializeOwned;
use tungstenite::client::IntoClientRequest;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

use super::exit::{Code, Failure};
use super::version::difference;
use crate::config::Settings;
use crate::daemon::presence::{self, Presence};
use crate::http::Token;

/// Where the daemon is, and what opens it.
pub(super) struct Client {
    pub(super) presence: Presence,
    token: Token,
    http: ureq::Agent,
}

impl Client {
    /// Finds the daemon of this home.
    pub(super) fn find(settings: &Settings) -> Result<Self, Failure> {
        let presence = presence::find(&settings.home).ok_or_else(Failure::not_running)?;
        let file = settings.home.token_file();
        let token = Token::load(&file).map_err(|error| {
            Failure::new(
                Code::Failed,
                format!("could not read the token {}: {error}", file.display()),
                "tailhook restart",
            )
        })?;
        let http = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(10)))
            // A proxy of the environment has no business between two processes of one machine.
            .proxy(None)
            .build()
            .into();
        Ok(Self { presence, token, http })
    }

    /// An address that logs a browser in as often as it is used. Only for a daemon whose token dies with it.
    pub(super) fn lasting_login(&self) -> String {
        format!("{}login?token={}", self.presence.url, self.token.reveal())
    }

    /// One GET, as JSON.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let request = self.http.get(self.address(path)).header("authorization", self.bearer());
        read(request.call()).map_err(|failure| self.explain(failure))
    }

    /// One GET, as text.
    pub(super) fn text(&self, path: &str) -> Result<String, Failure> {
        let failed = |error: ureq::Error| Failure::failed(format!("could not ask the daemon: {error}"));
        let request = self.http.get(self.address(path)).header("authorization", self.bearer());
        request.call().map_err(failed)?.body_mut().read_to_string().map_err(failed)
    }

    /// One POST without a body, as JSON.
    pub(super) fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let request = self.http.post(self.address(path)).header("authorization", self.bearer());
        read(request.send_empty()).map_err(|failure| self.explain(failure))
    }

    /// Names the versions where they differ.
    pub(super) fn explain(&self, failure: Failure) -> Failure {
        match difference(&self.presence.version) {
            Some(difference) => failure.with_difference(&difference),
            None => failure,
        }
    }

    /// A connection to the stream, one envelope per message.
    pub(super) fn stream(&self, query: &str) -> Result<Stream, Failure> {
        let address = format!("ws://127.0.0.1:{}/api/v1/stream?{query}", self.presence.port);
        let failed = |error: tungstenite::Error| {
            Failure::new(Code::NotRunning, format!("could not connect to the stream: {error}"), "tailhook status")
        };
        let mut request = address.into_client_request().map_err(failed)?;
        let bearer = self.bearer().parse().map_err(|_| Failure::failed("the token's file holds no token"))?;
        request.headers_mut().insert("authorization", bearer);
        let (socket, _) = tungstenite::connect(request).map_err(|error| match &error {
            tungstenite::Error::Http(answer) if answer.status().as_u16() == 401 => wrong_token(),
            _ => self.explain(failed(error)),
        })?;
        Ok(Stream { socket })
    }

    fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.presence.port)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token.reveal())
    }
}

/// The file was changed since the daemon read it.
fn wrong_token() -> Failure {
    Failure::new(Code::Failed, "the daemon has another token than the token's file", "tailhook restart")
}

fn read<T: DeserializeOwned>(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<T, Failure> {
    let failed = |error: ureq::Error| {
        Failure::new(Code::NotRunning, format!("could not ask the daemon: {error}"), "tailhook status")
    };
    let mut response = response.map_err(failed)?;
    let status = response.status();
    if status.is_success() {
        return response.body_mut().with_config().limit(u64::MAX).read_json().map_err(failed);
    }
    if status.as_u16() == 401 {
        return Err(wrong_token());
    }
    let said: serde_json::Value = response.body_mut().read_json().unwrap_or_default();
    let text = |key: &str| said[key].as_str().map(str::to_owned);
    let error = text("error").unwrap_or_default();
    let failure = Failure::new(
        if status.as_u16() == 503 { Code::Store } else { Code::Failed },
        format!("the daemon answered {status}: {error}"),
        text("hint").unwrap_or_else(|| "tailhook status".into()),
    );
    Err(if status.as_u16() == 400 { failure.with_refusal(error) } else { failure })
}

/// An open stream.
pub(super) struct Stream {
    socket: WebSocket<MaybeTlsStream<std::net::TcpStream>>,
}

impl Stream {
    /// The next message; `None` when the connection is over.
    pub(super) fn next(&mut self) -> Option<String> {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Ends the connection from another thread: whoever waits for a message gets none.
    pub(super) fn hang_up(&self) -> Option<HangUp> {
        match self.socket.get_ref() {
            MaybeTlsStream::Plain(socket) => socket.try_clone().ok().map(HangUp),
            _ => None,
        }
    }

    /// Gives up a wait after this time.
    pub(super) fn set_patience(&mut self, patience: Duration) {
        if let MaybeTlsStream::Plain(socket) = self.socket.get_ref() {
            let _ = socket.set_read_timeout(Some(patience));
        }
    }
}

/// The other end of a [`Stream`] that somebody waits on.
pub(super) struct HangUp(std::net::TcpStream);

impl HangUp {
    pub(super) fn now(&self) {
        // An error says that the connection is over already.
        let _ = self.0.shutdown(std::net::Shutdown::Both);
    }
}

/// A value as it may stand in an address.
pub(super) fn escape(value: &str) -> String {
    use std::fmt::Write as _;
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~*,:".contains(&byte) {
            text.push(byte as char);
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
