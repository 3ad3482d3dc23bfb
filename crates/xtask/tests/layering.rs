//! The layers of the workspace, read off its dependency trees.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::process::Command;

fn normal_tree(package: &str, more: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--package", package])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(more)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut names: Vec<_> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

fn assert_absent(package: &str, more: &[&str], absent: &[&str]) {
    let tree = normal_tree(package, more);
    assert!(tree.contains(&package.to_owned()), "{tree:?}");
    for name in absent {
        assert!(
            !tree.contains(&(*name).to_owned()),
            "{package} reaches {name}"
        );
    }
}

const DRIVERS: [&str; 7] = [
    "reqwest",
    "redis",
    "deadpool-redis",
    "minio",
    "s3s",
    "sqlx",
    "mockall",
];

#[test]
fn the_domain_knows_no_driver() {
    assert_absent("imagen4-domain", &[], &DRIVERS);
}

#[test]
fn a_port_without_features_pulls_no_driver() {
    for package in ["storage", "cache", "fal-client", "records"] {
        assert_absent(package, &[], &DRIVERS);
    }
}

#[test]
fn the_three_in_the_middle_know_nothing_of_each_other() {
    let middle = ["storage", "cache", "fal-client"];
    for package in middle {
        let others: Vec<_> = middle
            .into_iter()
            .filter(|other| *other != package)
            .collect();
        assert_absent(package, &["--all-features"], &others);
    }
}

#[test]
fn nothing_reaches_upwards() {
    let upwards = [
        "core-config",
        "storage",
        "cache",
        "fal-client",
        "imagen4-domain",
        "records",
        "assembly",
    ];
    assert_absent("core-config", &[], &upwards[1..]);
    for package in &upwards[1..4] {
        assert_absent(package, &["--all-features"], &upwards[4..]);
    }
    assert_absent("imagen4-domain", &[], &upwards[5..]);
    assert_absent("records", &["--all-features"], &upwards[6..]);
}

#[test]
fn programs_carry_no_mocks() {
    for program in ["assembly", "telegram_bot"] {
        assert_absent(
            program,
            &[],
            &["mockall", "mockall_derive", "proptest", "tempfile"],
        );
    }
}
