//! An agent of launchd, macOS's service manager. It binds its port itself: launchd hands sockets over by a call of its own.

use std::fmt::Write as _;

use super::super::exit::Failure;
use super::manager::{Manager, command};
use super::{File, MARK, Service, program, text};
use crate::config::{Home, Settings, Source};

const LABEL: &str = "tailhook";

pub(super) fn service(settings: &Settings) -> Result<Service, Failure> {
    let home = Home::user().ok_or_else(|| Failure::failed("no home folder is known"))?;
    let path = home.join("Library/LaunchAgents").join(format!("{LABEL}.plist"));
    let domain = format!("gui/{}", rustix::process::getuid().as_raw());
    let agent = format!("{domain}/{LABEL}");
    let bootstrap = command(&["launchctl", "bootstrap", &domain, text(&path)?]);
    let bootout = command(&["launchctl", "bootout", &agent]);
    Ok(Service {
        links: Vec::new(),
        manager: Manager {
            name: "launchd",
            reachable: command(&["launchctl", "print", &domain]),
            active: command(&["launchctl", "print", &agent]),
            enable: vec![bootstrap.clone()],
            disable: vec![bootout.clone()],
            forget: Vec::new(),
            start: vec![bootstrap],
            stop: vec![bootout],
        },
        files: vec![File { text: plist(settings, &program()?)?, path }],
    })
}

/// Whether the agent in this text is for the daemon of these settings' home.
pub(super) fn is_for(plist: &str, settings: &Settings) -> bool {
    let named = plist.lines().find(|line| line.contains("TAILHOOK_HOME"));
    plist.contains(MARK) && named.unwrap_or_default() == environment(settings).unwrap_or_default().trim_end()
}

/// Started with the session, and again when it fails; its log is where `up` puts it.
fn plist(settings: &Settings, program: &str) -> Result<String, Failure> {
    let (program, log) = (escaped(program), escaped(text(&settings.home.log_file())?));
    let environment = environment(settings)?;
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!-- {MARK} -->\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\"><dict>\n\
         <key>Label</key><string>{LABEL}</string>\n\
         <key>ProgramArguments</key><array><string>{program}</string><string>serve</string></array>\n\
         {environment}\
         <key>RunAtLoad</key><true/>\n\
         <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>\n\
         <key>Umask</key><integer>63</integer>\n\
         <key>StandardErrorPath</key><string>{log}</string>\n\
         </dict></plist>\n"
    ))
}

fn environment(settings: &Settings) -> Result<String, Failure> {
    let mut variables = String::new();
    if settings.home.source() == Source::Environment {
        variables = format!("<key>TAILHOOK_HOME</key><string>{}</string>", escaped(text(settings.home.state())?));
    }
    if settings.port.source == Source::Environment {
        let _ = write!(variables, "<key>TAILHOOK_PORT</key><string>{}</string>", settings.port.value);
    }
    if variables.is_empty() {
        return Ok(variables);
    }
    Ok(format!("<key>EnvironmentVariables</key><dict>{variables}</dict>\n"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
