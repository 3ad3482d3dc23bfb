//! What secrets look like: those of the services that this project uses, and of those around its making.

/// How a secret begins, how many letters, digits, `_` or `-` it has at least behind that, and what it is.
const STARTS: [(&str, usize, &str); 15] = [
    ("AKIA", 16, "an access key of AWS"),
    ("ASIA", 16, "an access key of AWS"),
    ("AIza", 35, "a key of Google"),
    ("ghp_", 36, "a token of GitHub"),
    ("gho_", 36, "a token of GitHub"),
    ("ghs_", 36, "a token of GitHub"),
    ("ghu_", 36, "a token of GitHub"),
    ("github_pat_", 60, "a token of GitHub"),
    ("glpat-", 20, "a token of GitLab"),
    ("hf_", 30, "a token of Hugging Face"),
    ("npm_", 36, "a token of npm"),
    ("pypi-", 50, "a token of PyPI"),
    ("sk-", 32, "a key of a model's provider"),
    ("xoxb-", 20, "a token of Slack"),
    ("xoxp-", 20, "a token of Slack"),
];

/// Settings whose values are secrets.
const SETTINGS: [&str; 10] = [
    "AWS_SECRET_ACCESS_KEY",
    "FAL_API_KEY",
    "FAL_KEY",
    "MINIO_MANIFEST_PROMPT_KEY",
    "MINIO_ROOT_PASSWORD",
    "MINIO_SECRET_KEY",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "REDIS_SENTINEL_PASSWORD",
    "TELEGRAM_BOT_TOKEN",
];

/// Words that stand in samples and in what tests plant, in lower case; a real secret has none of them.
const SAMPLES: [&str; 5] = ["canary", "change-me", "example", "sample", "secret"];

/// The fewest characters of a value that is taken for a secret.
const SHORTEST: usize = 8;

/// Returns what of secrets a line holds.
pub(super) fn found_in(line: &str) -> Vec<&'static str> {
    let mut found: Vec<_> = beginnings(line).chain(pairs(line)).collect();
    let is_in_armour = line.contains("-----BEGIN ");
    if is_in_armour && line.contains("PRIVATE KEY-----") {
        found.push("a private key");
    }
    if SETTINGS.iter().any(|name| is_set(line, name)) {
        found.push("the value of a secret setting");
    }
    if line.split("://").skip(1).any(holds_a_password) {
        found.push("a password in a link");
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn beginnings(line: &str) -> impl Iterator<Item = &'static str> {
    let is_there = |start: &str, least: usize| {
        line.match_indices(start).any(|(at, _)| {
            let word = &line[at..];
            let word = &word[..word.find(|c| !is_of_word(c)).unwrap_or(word.len())];
            let begins_here = !line[..at].ends_with(is_of_word);
            begins_here && word.len() >= start.len() + least && !is_sample(word)
        })
    };
    let found = STARTS
        .iter()
        .filter(move |(start, least, _)| is_there(start, *least));
    found.map(|(_, _, what)| *what)
}

/// Two words with a colon between: a key of FAL, or the token of a bot.
fn pairs(line: &str) -> impl Iterator<Item = &'static str> {
    line.match_indices(':').filter_map(|(at, _)| {
        let (before, behind) = (&line[..at], &line[at + 1..]);
        let first = before.rsplit(|c| !is_of_word(c)).next().unwrap_or_default();
        let second = &behind[..behind.find(|c| !is_of_word(c)).unwrap_or(behind.len())];
        if is_sample(second) {
            return None;
        }
        if is_uuid(first) && second.len() == 32 && is_hex(second) {
            return Some("a key of FAL");
        }
        let is_number =
            (8..=10).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_digit());
        (is_number && second.len() == 35).then_some("the token of a bot")
    })
}

/// Tells whether a line such as `NAME=value` or `NAME: value` gives a setting a value that is no sample, no name and
/// no place.
fn is_set(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let begins_here = !line[..at].ends_with(is_of_word);
        let rest = &line[at + name.len()..];
        let Some(value) = rest.strip_prefix('=').or_else(|| rest.strip_prefix(": ")) else {
            return false;
        };
        let value = value.trim_start_matches(['"', '\'']);
        let is_of_value = |c: char| is_of_word(c) || ":+/.=".contains(c);
        let value = &value[..value.find(|c| !is_of_value(c)).unwrap_or(value.len())];
        begins_here && value.len() >= SHORTEST && !value.starts_with('/') && !is_sample(value)
    })
}

/// Tells whether what stands behind `://` begins with a user and a password that is no sample.
fn holds_a_password(link: &str) -> bool {
    let end = link.find(|c: char| c.is_whitespace() || "/?#\"'`<>".contains(c));
    let authority = &link[..end.unwrap_or(link.len())];
    let Some((user, _)) = authority.rsplit_once('@') else {
        return false;
    };
    let Some((_, password)) = user.split_once(':') else {
        return false;
    };
    password.len() >= SHORTEST && password.chars().all(is_of_word) && !is_sample(password)
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<_> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.split('-').all(is_hex)
}

/// A word of a manual, of a test or of one letter over and over.
fn is_sample(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let behind = text.rsplit([':', '-', '_']).next().unwrap_or_default();
    let is_one_letter = behind
        .bytes()
        .all(|byte| Some(&byte) == behind.as_bytes().first());
    is_one_letter || text.contains("password") || SAMPLES.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts are put together here, so that the scan finds none of them in this file.
    #[test]
    fn secrets_of_every_form_are_found() {
        let long = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a7B8c9D0e1F2";
        for (start, least, what) in STARTS {
            let word = format!("{start}{}", &long[..least]);
            for line in [
                format!("+key = \"{word}\";"),
                word.clone(),
                format!("({word})"),
            ] {
                assert_eq!(found_in(&line), [what], "{line}");
            }
            assert!(found_in(&word[..word.len() - 1]).is_empty(), "{word}");
            assert!(found_in(&format!("x{word}")).is_empty(), "{word}");
        }
        let hex = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
        let uuid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
        for (line, what) in [
            (format!("FAL {uuid}:{hex}"), "a key of FAL"),
            (format!("7311223344:{}", &long[..35]), "the token of a bot"),
            (
                format!("-----BEGIN RSA {}-----", "PRIVATE KEY"),
                "a private key",
            ),
            (format!("redis://:{hex}@redis:6379"), "a password in a link"),
            (format!("postgres://me:{hex}@db/x"), "a password in a link"),
        ] {
            assert_eq!(found_in(&line), [what], "{line}");
        }
        for name in SETTINGS {
            for line in [
                format!("{name}={hex}"),
                format!("export {name}=\"{hex}\""),
                format!("  {name}: {hex}"),
            ] {
                assert_eq!(found_in(&line), ["the value of a secret setting"], "{line}");
            }
        }
    }

    #[test]
    fn samples_names_and_places_are_no_secrets() {
        for line in [
            "MINIO_SECRET_KEY=change-me",
            "MINIO_SECRET_KEY=${MINIO_SECRET_KEY}",
            "FAL_KEY=… cargo run",
            "REDIS_PASSWORD_FILE=/run/secrets/redis_password",
            "REDIS_PASSWORD=/run/secrets/redis_password",
            "redis://[user:password@]host[:port]",
            "redis://who:change-me-canary@redis.example.com:6379/0",
            "https://img.example/2026/11/22@2x.png",
            "fn key(text: &str) -> Option<Key>",
            "2026-11-22T12:00:00Z",
        ] {
            assert!(found_in(line).is_empty(), "{line}: {:?}", found_in(line));
        }
        let word = format!("AKIA{}", "IOSFODNN7EXAMPLE");
        assert!(found_in(&word).is_empty());
    }
}
