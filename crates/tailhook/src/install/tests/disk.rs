//! Files, links and modes: plans on a real file system.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::change::Backup;
use super::super::{Folders, InstallError, Plan, Profile, Scope, backup_file, plan_install, plan_uninstall};
use super::{CLAUDE_CODE, PROGRAM};

/// A home folder with room for settings.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn holding(settings: &str) -> Self {
        let home = Self::new();
        fs::create_dir(home.path(".claude")).unwrap();
        fs::write(home.settings(), settings).unwrap();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn settings(&self) -> PathBuf {
        self.path(".claude/settings.json")
    }

    fn plan(&self, scope: Scope, hook_path: &Path) -> Result<Plan, InstallError> {
        only(plan_install(&CLAUDE_CODE, scope, Profile::Full, hook_path, self.folders()))
    }

    fn folders(&self) -> Folders<'_> {
        Folders { home: self.0.path(), project: self.0.path(), agent: None }
    }

    fn plan_install(&self) -> Result<Plan, InstallError> {
        self.plan(Scope::User, Path::new(PROGRAM))
    }

    fn plan_uninstall(&self) -> Result<Plan, InstallError> {
        only(plan_uninstall(&CLAUDE_CODE, Scope::User, self.folders()))
    }

    fn install(&self) {
        self.plan_install().unwrap().apply().unwrap();
    }

    fn uninstall(&self) {
        self.plan_uninstall().unwrap().apply().unwrap();
    }

    /// Names in the settings' folder, sorted.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path(".claude")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Refused with this message, `FILE` standing for the settings, and nothing touched.
    fn refuses(&self, message: &str) {
        let names = self.names();
        let error = self.plan_install().unwrap_err();
        assert_eq!(error.to_string().replace(&self.settings().display().to_string(), "FILE"), message);
        assert!(!error.hint().is_empty());
        assert_eq!(self.names(), names);
    }
}

fn only(plans: Result<Vec<Plan>, InstallError>) -> Result<Plan, InstallError> {
    plans.map(|mut plans| {
        assert_eq!(plans.len(), 1);
        plans.remove(0)
    })
}

#[test]
fn a_missing_folder_and_file_are_created_and_the_file_goes_again() {
    let home = Home::new();
    let plan = home.plan_install().unwrap();
    assert_eq!((plan.before.as_ref(), plan.backup, plan.events.len()), (None, Backup::Keep, 27));
    assert!(plan.diff().starts_with("--- /dev/null\n+++ "), "{}", plan.diff());
    assert!(!home.path(".claude").exists(), "a plan changes nothing");
    plan.apply().unwrap();
    assert_eq!(home.names(), ["settings.json"]);
    assert!(home.plan_install().unwrap().is_done());
    home.uninstall();
    assert!(home.names().is_empty());
    assert!(home.plan_uninstall().unwrap().is_done());
}

#[test]
fn bytes_come_back_and_the_backup_goes() {
    for settings in ["", " \n", "{}", "{\"a\": 1}", "\u{feff}{\r\n\t\"hooks\": { }\r\n}"] {
        let home = Home::holding(settings);
        home.install();
        assert_eq!(home.names(), ["settings.json", "settings.json.tailhook-backup"]);
        assert_eq!(fs::read_to_string(backup_file(&home.settings())).unwrap(), settings);
        let installed = fs::read(home.settings()).unwrap();
        home.install();
        assert_eq!(fs::read(home.settings()).unwrap(), installed);
        home.uninstall();
        assert_eq!(fs::read_to_string(home.settings()).unwrap(), settings);
        assert_eq!(home.names(), ["settings.json"]);
    }
}

#[test]
fn the_diff_shows_what_changes() {
    let home = Home::holding("{\n  \"model\": \"opus\"\n}\n");
    let diff = home.plan_install().unwrap().diff();
    assert!(diff.contains("\n-  \"model\": \"opus\"\n+  \"model\": \"opus\",\n+  \"hooks\": {\n"), "{diff}");
    home.install();
    assert_eq!(home.plan_install().unwrap().diff(), "");
}

#[test]
fn files_that_are_none_are_refused() {
    let home = Home::new();
    fs::create_dir_all(home.settings()).unwrap();
    home.refuses("could not read FILE: not a regular file");

    let home = Home::holding("");
    fs::write(home.settings(), b"{\"a\": \"\xff\"}").unwrap();
    home.refuses("could not read FILE: byte 7 is not UTF-8");

    let home = Home::holding("{\n  \"a\": 1,\n}");
    home.refuses("could not change FILE: line 2, column 9: a comma with nothing behind it, which JSON does not allow");
    assert_eq!(home.plan_uninstall().unwrap_err().to_string(), home.plan_install().unwrap_err().to_string());

    let home = Home::new();
    fs::write(home.path(".claude"), "a file where the folder should be").unwrap();
    assert!(home.plan_install().is_err());
}

#[test]
fn a_change_between_plan_and_apply_is_not_overwritten() {
    let home = Home::holding("{}");
    let plan = home.plan_install().unwrap();
    fs::write(home.settings(), "{\"a\": 1}").unwrap();
    let error = plan.apply().unwrap_err();
    assert!(matches!(error, InstallError::ChangedMeanwhile { .. }), "{error}");
    assert_eq!(fs::read_to_string(home.settings()).unwrap(), "{\"a\": 1}");
    assert_eq!(home.names(), ["settings.json"], "neither a backup nor a temporary file");

    let home = Home::new();
    let plan = home.plan_install().unwrap();
    home.install();
    let uninstall = home.plan_uninstall().unwrap();
    assert!(matches!(plan.apply(), Err(InstallError::ChangedMeanwhile { .. })));
    fs::write(home.settings(), "{}").unwrap();
    assert!(matches!(uninstall.apply(), Err(InstallError::ChangedMeanwhile { .. })));
    assert_eq!(home.names(), ["settings.json"]);
}

#[test]
fn warnings_name_what_is_off() {
    let home = Home::holding("{\"disableAllHooks\": true}");
    let plan = |path: &str, scope| home.plan(scope, Path::new(path)).unwrap().warnings;
    assert_eq!(plan(PROGRAM, Scope::User).len(), 1);
    assert!(plan(PROGRAM, Scope::User)[0].ends_with("says \"disableAllHooks\": true, so no hook runs"));
    assert!(plan(PROGRAM, Scope::Project)[1].contains("settings.json is often shared"));
    assert!(plan("/my tools/tailhook-hook", Scope::User)[1].starts_with("/my tools/tailhook-hook has characters"));
    home.install();
    assert!(home.plan_uninstall().unwrap().warnings.is_empty());
}

#[test]
fn a_relative_hook_is_refused() {
    let home = Home::new();
    let error = home.plan(Scope::User, Path::new("bin/tailhook-hook")).unwrap_err();
    assert_eq!(error.to_string(), "could not register bin/tailhook-hook: not an absolute path");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_link_stays_and_its_target_changes() {
        let home = Home::holding("");
        fs::create_dir(home.path("dotfiles")).unwrap();
        fs::write(home.path("dotfiles/claude.json"), "{}\n").unwrap();
        fs::remove_file(home.settings()).unwrap();
        symlink("../link", home.settings()).unwrap();
        symlink("dotfiles/claude.json", home.path("link")).unwrap();
        home.install();
        assert!(fs::symlink_metadata(home.settings()).unwrap().is_symlink());
        assert!(fs::read_to_string(home.path("dotfiles/claude.json")).unwrap().contains(PROGRAM));
        assert_eq!(home.names(), ["settings.json", "settings.json.tailhook-backup"]);
        assert_eq!(fs::read_dir(home.path("dotfiles")).unwrap().count(), 1);
        home.uninstall();
        assert!(fs::symlink_metadata(home.settings()).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(home.path("dotfiles/claude.json")).unwrap(), "{}\n");
    }

    #[test]
    fn a_link_to_nothing_and_a_loop() {
        let home = Home::holding("");
        fs::remove_file(home.settings()).unwrap();
        symlink("../dotfiles/claude.json", home.settings()).unwrap();
        home.install();
        assert!(home.path("dotfiles/claude.json").is_file());
        home.uninstall();
        assert!(!home.path("dotfiles/claude.json").exists());
        assert!(fs::symlink_metadata(home.settings()).unwrap().is_symlink());

        fs::remove_file(home.settings()).unwrap();
        symlink("settings.json", home.settings()).unwrap();
        home.refuses("could not read FILE: too many levels of symbolic links");
    }

    #[test]
    fn mode_and_owner_are_kept_by_file_and_backup() {
        let home = Home::holding("{}");
        fs::set_permissions(home.settings(), fs::Permissions::from_mode(0o640)).unwrap();
        // Only root can give a file away; everybody else checks the mode alone.
        let given_away = chown(home.settings(), Some(4242), Some(4343)).is_ok();
        home.install();
        for file in [home.settings(), backup_file(&home.settings())] {
            assert_eq!(mode(&file), 0o640);
            let metadata = fs::metadata(&file).unwrap();
            assert!(!given_away || (metadata.uid(), metadata.gid()) == (4242, 4343));
        }
        home.uninstall();
        assert_eq!(mode(&home.settings()), 0o640);
    }

    #[test]
    fn what_root_creates_belongs_to_the_owner_of_the_folder() {
        let home = Home::new();
        let given_away = chown(home.0.path(), Some(4242), Some(4343)).is_ok();
        home.install();
        for file in [home.path(".claude"), home.settings()] {
            assert!(!given_away || fs::metadata(file).unwrap().uid() == 4242);
        }
    }

    #[test]
    fn a_protected_file_is_refused_unless_there_is_nothing_to_do() {
        let home = Home::holding("{}");
        fs::set_permissions(home.settings(), fs::Permissions::from_mode(0o444)).unwrap();
        home.refuses("could not change FILE: it is read-only");
        assert!(home.plan_uninstall().unwrap().is_done());
    }

    #[test]
    fn a_protected_folder_is_refused_by_the_system() {
        let home = Home::holding("{}");
        let folder = home.path(".claude");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
        let is_root = fs::metadata(home.0.path()).unwrap().uid() == 0;
        let applied = home.plan_install().unwrap().apply();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(is_root || matches!(applied, Err(InstallError::Write { .. })));
        assert!(is_root || fs::read_to_string(home.settings()).unwrap() == "{}");
    }

    #[test]
    fn a_pipe_is_refused_without_waiting_for_a_writer() {
        let home = Home::holding("");
        fs::remove_file(home.settings()).unwrap();
        let made = std::process::Command::new("mkfifo").arg(home.settings()).status().unwrap();
        assert!(made.success());
        home.refuses("could not read FILE: not a regular file");
    }

    #[test]
    fn a_hook_path_that_is_not_text_is_refused() {
        let home = Home::new();
        let path = Path::new(std::ffi::OsStr::from_bytes(b"/\xff/tailhook-hook"));
        let error = home.plan(Scope::User, path).unwrap_err();
        assert!(matches!(error, InstallError::ProgramNotUtf8 { .. }));
        // Uninstalling does not need to know where the hook is.
        assert!(home.plan_uninstall().unwrap().is_done());
    }
}
