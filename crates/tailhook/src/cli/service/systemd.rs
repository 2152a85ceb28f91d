//! Units of systemd's user manager.
//!
//! The socket is the manager's, so a client that connects while the daemon is restarted waits in place of being refused.

use std::net::IpAddr;

use super::super::exit::{Code, Failure};
use super::manager::{Manager, command};
use super::{File, MARK, Service, program};
use crate::config::{Home, Settings, Source};

const SOCKET: &str = "tailhook.socket";
const SERVICE: &str = "tailhook.service";

pub(super) fn service(settings: &Settings) -> Result<Service, Failure> {
    let folder = Home::user_config().ok_or_else(|| Failure::failed("no home folder is known"))?.join("systemd/user");
    if settings.port.value == 0 {
        return Err(Failure::new(
            Code::Config,
            "could not make a service for port 0: its socket is there before the daemon",
            "TAILHOOK_PORT=8765 tailhook service install",
        ));
    }
    // An address that stands for all has the socket's in it, and two cannot listen there.
    if let Some(host) =
        settings.listening.beyond().filter(|host| host.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified()))
    {
        let message = format!("could not make a service that listens on {host}: its socket is 127.0.0.1 already");
        return Err(Failure::new(Code::Config, message, "name one address as host, or use tailhook up"));
    }
    let file = |name: &str, text| File { path: folder.join(name), text };
    let systemctl = |arguments: &[&str]| command(&[&["systemctl", "--user"], arguments].concat());
    Ok(Service {
        files: vec![file(SOCKET, socket(settings.port.value)), file(SERVICE, unit(settings)?)],
        links: vec![
            folder.join("sockets.target.wants").join(SOCKET),
            folder.join("default.target.wants").join(SERVICE),
        ],
        manager: Manager {
            name: "systemd",
            reachable: systemctl(&["show-environment"]),
            active: systemctl(&["is-active", "--quiet", SOCKET, SERVICE]),
            enable: vec![systemctl(&["daemon-reload"]), systemctl(&["enable", "--now", SOCKET, SERVICE])],
            disable: vec![systemctl(&["disable", "--now", SOCKET, SERVICE])],
            forget: vec![systemctl(&["daemon-reload"])],
            start: vec![systemctl(&["start", SOCKET, SERVICE])],
            stop: vec![systemctl(&["stop", SOCKET, SERVICE])],
        },
    })
}

/// Whether the unit in this text is for the daemon of these settings' home.
pub(super) fn is_for(text: &str, settings: &Settings) -> bool {
    let line = text.lines().find(|line| line.starts_with("Environment="));
    text.contains(MARK) && line.unwrap_or_default() == environment(settings).unwrap_or_default().trim_end()
}

fn socket(port: u16) -> String {
    format!(
        "# {MARK}\n\
         [Unit]\n\
         Description=Port of tailhook\n\
         \n\
         [Socket]\n\
         ListenStream=127.0.0.1:{port}\n\
         \n\
         [Install]\n\
         WantedBy=sockets.target\n"
    )
}

/// No sandbox of files: hooks and daemon share /dev/shm, /var/tmp and the agents' folders, and a private view of them
/// would part the two. What is restricted needs no namespace, so it works in every user manager.
fn unit(settings: &Settings) -> Result<String, Failure> {
    let program = quoted(&program()?)?;
    let environment = environment(settings)?;
    Ok(format!(
        "# {MARK}\n\
         [Unit]\n\
         Description=tailhook: what coding agents do, live\n\
         Requires={SOCKET}\n\
         After={SOCKET}\n\
         StartLimitIntervalSec=60\n\
         StartLimitBurst=5\n\
         \n\
         [Service]\n\
         Type=notify\n\
         ExecStart={program} serve\n\
         ExecReload=/bin/kill -HUP $MAINPID\n\
         {environment}\
         Restart=on-failure\n\
         RestartSec=1\n\
         # A command line or setting that is wrong, a daemon that is there already: the same the next time.\n\
         RestartPreventExitStatus=2 3 5\n\
         # A store from an earlier version is brought up to date before the daemon is ready.\n\
         TimeoutStartSec=10min\n\
         # The daemon's only timer: it says once a minute that it lives.\n\
         WatchdogSec=2min\n\
         UMask=0077\n\
         # Hooks and daemon share /dev/shm, /var/tmp and the agents' folders: no PrivateTmp and no Protect... here.\n\
         NoNewPrivileges=yes\n\
         LockPersonality=yes\n\
         MemoryDenyWriteExecute=yes\n\
         RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n\
         RestrictNamespaces=yes\n\
         RestrictRealtime=yes\n\
         RestrictSUIDSGID=yes\n\
         SystemCallArchitectures=native\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n"
    ))
}

fn environment(settings: &Settings) -> Result<String, Failure> {
    if settings.home.source() != Source::Environment {
        return Ok(String::new());
    }
    let home = super::text(settings.home.state())?;
    Ok(format!("Environment={}\n", quoted(&format!("TAILHOOK_HOME={home}"))?))
}

/// As one word of a unit. `$` stays: in a program's path and in `Environment=` it means nothing.
fn quoted(text: &str) -> Result<String, Failure> {
    if text.chars().any(char::is_control) {
        return Err(Failure::failed(format!("could not write {text:?} into a unit: it has control characters")));
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' | '"' => quoted.extend(['\\', c]),
            '%' => quoted.push_str("%%"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    Ok(quoted)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_of_a_unit() {
        assert_eq!(quoted("/opt/a b/100%/$x\"\\").expect("text"), r#""/opt/a b/100%%/$x\"\\""#);
        assert!(quoted("/opt/a\nExecStart=/bin/sh").is_err());
    }
}
