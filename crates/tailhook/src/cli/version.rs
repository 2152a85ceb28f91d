//! A daemon of another version than this command: named wherever it may be why something went wrong.

/// That they differ, and what mends it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) message: String,
    pub(super) mend: &'static str,
}

/// None: both are of one version.
pub(super) fn difference(daemon: &str) -> Option<Difference> {
    between(daemon, env!("CARGO_PKG_VERSION"))
}

/// The same for any two.
pub(super) fn between(daemon: &str, command: &str) -> Option<Difference> {
    if daemon == command {
        return None;
    }
    let message = format!("the daemon is version {daemon}, this command is {command}");
    // A restart takes this command's version: right after an upgrade, and wrong where an old command was found on PATH.
    let mend = if numbers(daemon) > numbers(command) { "which -a tailhook" } else { "tailhook restart" };
    Some(Difference { message, mend })
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn the_older_one_is_to_go() {
        let mend = |daemon, command| between(daemon, command).map(|difference| difference.mend);
        assert_eq!(mend("0.1.0", "0.1.0"), None);
        assert_eq!(mend("0.9.0", "0.10.0"), Some("tailhook restart"));
        assert_eq!(mend("0.10.0", "0.9.9"), Some("which -a tailhook"));
        assert_eq!(mend("", "0.1.0"), Some("tailhook restart"));
        assert_eq!(mend("0.1.0-rc1", "0.1.0"), Some("tailhook restart"));
    }
}
