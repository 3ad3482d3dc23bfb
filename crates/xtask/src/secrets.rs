//! A look for secrets in all that was ever committed: what is removed later is still in the history.

mod forms;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::{Outcome, say};
use crate::tools::workspace;

/// Where a secret stands; never what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    commit: String,
    /// The file, or nothing for the message of the commit.
    file: String,
    what: &'static str,
}

/// Looks through every commit of every branch, and fails when one of them brought a secret.
///
/// A copy without its history, such as an archive, has no commits to look through, which is said.
pub(crate) fn scan() -> Outcome {
    if !workspace().join(".git").exists() {
        say("\n==> no repository here, so no commits to look through for secrets");
        return Ok(());
    }
    say("\n==> looking through all commits for secrets");
    let (commits, findings) = scan_at(workspace())?;
    if findings.is_empty() {
        say(&format!("    none in {commits} commits"));
        return Ok(());
    }
    let line = |one: &Finding| format!("{} in commit {} {}", one.what, one.commit, one.file);
    let lines: Vec<_> = findings.iter().map(line).collect();
    Err(format!(
        "secrets were committed; give them back where they come from, then rewrite the history:\n{}",
        lines.join("\n")
    ))
}

/// Returns how many commits there are, and what was found in them.
///
/// A copy whose history was cut off fetches the rest first.
fn scan_at(folder: &Path) -> Outcome<(usize, Vec<Finding>)> {
    if is_cut_off(folder)? {
        say("    the history is cut off; fetching the rest");
        ask(folder, &["fetch", "--quiet", "--unshallow"])?;
        // Without anywhere to fetch from, git fetches nothing and calls that well.
        if is_cut_off(folder)? {
            let reason = "the history is cut off; fetch all of it with `git fetch --unshallow`";
            return Err(reason.to_owned());
        }
    }
    let mut git = git(folder)
        .args(["-c", "core.quotePath=false", "log", "--all", "-m"])
        .args(["--patch", "--text", "--unified=0", "--no-color"])
        .args(["--no-renames", "--no-ext-diff", "--no-textconv"])
        .arg("--format=commit %H%n%B")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| unusable(&error))?;
    let mut search = Search::default();
    if let Some(told) = git.stdout.take() {
        for line in BufReader::new(told).split(b'\n') {
            let line = line.map_err(|error| unusable(&error))?;
            search.take(&String::from_utf8_lossy(&line));
        }
    }
    let status = git.wait().map_err(|error| unusable(&error))?;
    if !status.success() {
        return Err(format!("git log failed: {status}"));
    }
    Ok((search.commits, search.findings))
}

fn is_cut_off(folder: &Path) -> Outcome<bool> {
    let told = ask(folder, &["rev-parse", "--is-shallow-repository"])?;
    Ok(told.trim() != "false")
}

/// Returns what git says, or why it says nothing.
fn ask(folder: &Path, arguments: &[&str]) -> Outcome<String> {
    let output = git(folder)
        .args(arguments)
        .output()
        .map_err(|error| unusable(&error))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("git {} failed: {}", arguments[0], told.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns git in this folder, whoever owns it: CI may have copied it as somebody else.
fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder)
        .args(["-c", "safe.directory=*"])
        .stdin(Stdio::null());
    git
}

fn unusable(error: &std::io::Error) -> String {
    format!("cannot read the history: {error}")
}

/// The search, line by line of what `git log` prints.
#[derive(Debug, Default)]
struct Search {
    commits: usize,
    commit: String,
    file: String,
    findings: Vec<Finding>,
}

impl Search {
    fn take(&mut self, line: &str) {
        if let Some(commit) = line.strip_prefix("commit ").filter(|hash| is_hash(hash)) {
            self.commits += 1;
            commit.clone_into(&mut self.commit);
            self.file.clear();
        } else if let Some(file) = line.strip_prefix("+++ ") {
            file.clone_into(&mut self.file);
        } else if !line.starts_with('-') {
            // What is taken out was brought in by an earlier commit.
            self.look_at(line);
        }
    }

    fn look_at(&mut self, line: &str) {
        for what in forms::found_in(line) {
            let finding = Finding {
                commit: self.commit.clone(),
                file: self.file.clone(),
                what,
            };
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}

fn is_hash(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    /// A repository of one's own, which is removed when dropped.
    struct Repository(PathBuf);

    impl Repository {
        fn new(name: &str) -> Self {
            let folder = workspace().join(format!("target/xtask/{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let repository = Self(folder);
            repository.git(&["init", "--quiet", "--initial-branch=main"]);
            repository
        }

        fn git(&self, arguments: &[&str]) {
            let status = Command::new("git")
                .current_dir(&self.0)
                .args(["-c", "user.name=a", "-c", "user.email=a@localhost"])
                .args(["-c", "commit.gpgSign=false"])
                .args(arguments)
                .status()
                .unwrap();
            assert!(status.success(), "{arguments:?}");
        }

        fn commit(&self, text: &str, message: &str) {
            fs::write(self.0.join("settings.txt"), text).unwrap();
            self.git(&["add", "settings.txt"]);
            self.git(&["commit", "--quiet", "--message", message]);
        }
    }

    impl Drop for Repository {
        fn drop(&mut self) {
            // What is left is below the folder of builds.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Put together here, so that the scan does not find it in this file.
    fn secret() -> String {
        format!("AKIA{}", "Q7ZK3MWT5NBX2RJD")
    }

    #[test]
    fn a_secret_that_was_removed_again_and_one_on_another_branch_are_found() {
        let repository = Repository::new("secrets");
        repository.commit("nothing", "begin");
        repository.commit(&format!("key = {}", secret()), "bring it in");
        repository.commit("nothing more", "take it out");
        repository.git(&["checkout", "--quiet", "-b", "other", "HEAD~2"]);
        repository.commit("something", &format!("with {}", secret()));
        repository.git(&["checkout", "--quiet", "main"]);
        let (commits, findings) = scan_at(&repository.0).unwrap();
        assert_eq!(commits, 4);
        let mut files: Vec<_> = findings.iter().map(|one| one.file.as_str()).collect();
        files.sort_unstable();
        assert_eq!(files, ["", "b/settings.txt"], "{findings:?}");
        assert!(!format!("{findings:?}").contains(&secret()));
    }

    #[test]
    fn a_history_that_is_cut_off_is_fetched_or_not_called_clean() {
        let repository = Repository::new("shallow");
        repository.commit(&format!("key = {}", secret()), "bring it in");
        repository.commit("nothing", "take it out");
        let from = format!("file://{}", repository.0.display());
        for copy in ["cut", "alone"] {
            repository.git(&["clone", "--quiet", "--depth", "1", &from, copy]);
        }
        let (commits, findings) = scan_at(&repository.0.join("cut")).unwrap();
        assert_eq!((commits, findings.len()), (2, 1), "{findings:?}");
        let alone = repository.0.join("alone");
        ask(&alone, &["remote", "remove", "origin"]).unwrap();
        let told = scan_at(&alone).unwrap_err();
        assert!(told.contains("--unshallow"), "{told}");
    }
}
