//! The token: what it opens ends with it, and it stands nowhere but in its file.

use serde_json::Value;
use tungstenite::Message;

use crate::http::{connect, next};
use crate::support::{Home, text};

#[test]
fn a_new_token_ends_what_the_old_one_opened() {
    let home = Home::new();
    let daemon = home.serve();
    let login = daemon.request("GET", &format!("/login?token={}", daemon.token), &[], b"");
    let cookie = login.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    let cookie = cookie.split(';').next().expect("name=value").to_owned();
    let by_cookie = || daemon.request("GET", "/api/v1/stats", &[("Cookie", &cookie)], b"").status;
    let mut socket = connect(&daemon, "", None);
    assert_eq!(next(&mut socket)["type"], "system.hello");
    let unused = text(&home.run(&["open", "--print"]).stdout);
    assert_eq!((by_cookie(), daemon.get("/api/v1/stats").0), (200, 200));

    let rotated = home.run(&["token", "--rotate"]);
    let token = text(&rotated.stdout).trim().to_owned();
    assert!(rotated.status.success() && token.len() == 64 && token != daemon.token, "{rotated:?}");
    assert_eq!((by_cookie(), daemon.get("/api/v1/stats").0), (401, 401));
    assert!(matches!(socket.read(), Ok(Message::Close(_)) | Err(_)), "the stream ends");
    let path = unused.trim().split_once(&format!(":{}", daemon.port)).expect("an address").1;
    assert_eq!(daemon.request("GET", path, &[], b"").status, 401, "a login of the old one");
    let bearer = format!("Bearer {token}");
    assert_eq!(daemon.request("GET", "/api/v1/stats", &[("Authorization", &bearer)], b"").status, 200);
    assert!(home.run(&["status"]).status.success());
    assert_eq!(text(&home.run(&["token"]).stdout).trim(), token);
}

#[test]
fn it_is_long_and_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let file = home.path.join("token");
    let is_well = || {
        let token = std::fs::read_to_string(&file).expect("the token");
        let mode = std::fs::metadata(&file).expect("the token").permissions().mode() & 0o777;
        // 256 bits, four a digit.
        assert!(token.trim().len() == 64 && token.trim().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(mode, 0o600);
        token
    };
    assert!(home.run(&["token"]).status.success());
    let first = is_well();
    // As it comes out of a backup, perhaps.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("changed");
    drop(home.serve());
    assert_eq!(is_well(), first);
    assert!(home.run(&["token", "--rotate"]).status.success());
    assert_ne!(is_well(), first);
}

#[cfg(target_os = "linux")]
#[test]
fn no_secret_is_logged_or_shown_in_the_list_of_processes() {
    let home = Home::new();
    let up = home.tailhook(&["up", "--port", "0"]).env("TAILHOOK_LOG", "trace").output().expect("tailhook starts");
    assert!(up.status.success(), "{up:?}");
    let token = text(&home.run(&["token"]).stdout).trim().to_owned();
    let login = text(&home.run(&["open", "--print"]).stdout);
    let once = login.trim().split_once("token=").expect("a login").1.to_owned();
    let status: Value = serde_json::from_slice(&home.run(&["status", "--json"]).stdout).expect("JSON");
    let port = status["port"].as_u64().expect("a port") as u16;
    let get = |path: &str, headers: &str| {
        use std::io::{Read, Write};
        let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).expect("the daemon listens");
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer");
        answer
    };
    let page = get(&format!("/login?token={once}"), "");
    assert!(page.contains("url=/\""), "goes on to an address without the token: {page}");
    assert!(!page.split_once("\r\n\r\n").expect("a body").1.contains(&token), "{page}");
    get(&format!("/api/v1/events?token={token}"), "");
    get("/api/v1/events/x", &format!("Authorization: Bearer {token}\r\n"));
    home.hook(br#"{"session_id":"s","hook_event_name":"Stop"}"#);
    let presence: Value =
        serde_json::from_slice(&std::fs::read(home.path.join("daemon.json")).expect("who runs")).expect("JSON");
    for pid in [&presence["pid"], &presence["supervisor"]] {
        for file in ["cmdline", "environ"] {
            let shown = text(&std::fs::read(format!("/proc/{pid}/{file}")).expect("it runs"));
            assert!(!shown.contains(&token) && !shown.contains(&once), "{shown}");
        }
    }
    assert!(home.run(&["down"]).status.success());
    let log = std::fs::read_to_string(home.path.join("daemon.log")).expect("the log");
    assert!(!log.contains(&token) && !log.contains(&once), "{log}");
}

/// The status of an answer that another user gets; none: only root can become one.
#[cfg(target_os = "linux")]
fn asked_by_nobody(port: u16, path: &str) -> Option<u16> {
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        eprintln!("left out: only root can become another user");
        return None;
    }
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{port}; printf 'GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3; cat <&3"
    );
    let output =
        std::process::Command::new("bash").args(["-c", &script]).uid(NOBODY).gid(NOBODY).current_dir("/").output();
    let answer = text(&output.expect("bash runs").stdout);
    Some(
        answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or_else(|| panic!("no answer: {answer}")),
    )
}

#[cfg(target_os = "linux")]
#[test]
fn a_login_that_another_user_reads_off_the_list_of_processes_is_of_no_use_to_them() {
    let home = Home::new();
    let daemon = home.serve();
    let login = text(&home.run(&["open", "--print"]).stdout);
    let path = login.trim().split_once(&format!(":{}", daemon.port)).expect("an address").1;
    let Some(status) = asked_by_nobody(daemon.port, path) else { return };
    assert_eq!(status, 401);
    assert_eq!(asked_by_nobody(daemon.port, "/healthz"), Some(200), "what is public stays so");
    assert_eq!(daemon.request("GET", path, &[], b"").status, 200, "it is still its owner's");
    assert_eq!(asked_by_nobody(daemon.port, path), Some(401), "and has been used");
}
