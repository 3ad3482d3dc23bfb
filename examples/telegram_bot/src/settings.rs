//! The settings of the bot itself.

use std::net::SocketAddr;

use assembly::Settings;
use core_config::{Problem, Problems, Reader, Secret, TextSource};
use url::{Host, Url};

/// Telegram's own server of the Bot API.
const TELEGRAM: &str = "https://api.telegram.org";

/// Where updates are received unless a setting says otherwise.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::V4(std::net::SocketAddrV4::new(
    std::net::Ipv4Addr::LOCALHOST,
    8443,
));

/// The fewest characters behind the colon of a token; those of today have 35.
const MIN_TOKEN_WORD: usize = 30;

/// How the bot reaches Telegram, and who may talk to it.
#[derive(Debug, Clone)]
pub(crate) struct BotSettings {
    /// The token, in Telegram's form `number:word`.
    pub(crate) token: Secret,
    /// The server of the Bot API.
    pub(crate) api_url: Url,
    /// Where Telegram delivers updates to; without it they are asked for.
    pub(crate) webhook: Option<WebhookSettings>,
    /// The numbers of those who may talk to the bot; everybody when empty.
    pub(crate) users: Vec<i64>,
    /// Names that look like ours and mean nothing here, each with the name that may be meant.
    pub(crate) unknown: Vec<(String, Option<String>)>,
}

/// How updates are received instead of asked for.
#[derive(Debug, Clone)]
pub(crate) struct WebhookSettings {
    /// The public link that Telegram delivers to.
    pub(crate) url: Url,
    /// Where this program listens, behind the proxy that adds TLS.
    pub(crate) listen: SocketAddr,
}

/// Reads the settings of the bot and those of everything else.
///
/// # Errors
///
/// All problems of both at once.
pub(crate) fn read(source: &dyn TextSource) -> Result<(BotSettings, Settings), Problems> {
    let mut reader = Reader::new(source);
    let own = BotSettings::read(&mut reader);
    let own_problems = reader.finish();
    let rest = Settings::from_source(source);
    match (own, own_problems, rest) {
        (Some(own), Ok(()), Ok(rest)) => Ok((own, rest)),
        (_, own, rest) => Err(all_of(own.err(), rest.err())),
    }
}

fn all_of(own: Option<Problems>, rest: Option<Problems>) -> Problems {
    let each = [own, rest].into_iter().flatten();
    let all: Vec<Problem> = each
        .flat_map(|some| some.iter().cloned().collect::<Vec<_>>())
        .collect();
    // Without a problem the settings are complete; the fallback keeps this free of a panic.
    Problems::check(all).err().unwrap_or_else(|| {
        Problems::from(Problem {
            name: "settings".to_owned(),
            origin: None,
            what: "incomplete".to_owned(),
            hint: "report this as a defect".to_owned(),
        })
    })
}

impl BotSettings {
    /// Reads `TELEGRAM_BOT_TOKEN`, `TELEGRAM_API_URL`, `TELEGRAM_WEBHOOK_URL`, `TELEGRAM_WEBHOOK_LISTEN` and
    /// `TELEGRAM_USERS`.
    ///
    /// Returns `None` when the reader has noted a problem.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let before = reader.problem_count();
        let token = read_token(reader);
        let api_url = read_api_url(reader);
        let webhook = read_webhook(reader);
        let users = read_users(reader);
        if reader.problem_count() > before {
            return None;
        }
        Some(Self {
            token: token?,
            api_url: api_url?,
            webhook,
            users,
            unknown: reader.unread(&["TELEGRAM_"]),
        })
    }
}

/// The text is not quoted in a problem, since whoever has it is the bot.
fn read_token(reader: &mut Reader<'_>) -> Option<Secret> {
    const NAME: &str = "TELEGRAM_BOT_TOKEN";
    const HINT: &str = "take it from @BotFather; it has the form number:word";
    let token = reader.required_secret(NAME, HINT)?;
    if is_token(token.expose()) {
        return Some(token);
    }
    reader.problem(NAME, "is no token of a bot", HINT);
    None
}

fn is_token(text: &str) -> bool {
    let of_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.split_once(':').is_some_and(|(number, word)| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && word.len() >= MIN_TOKEN_WORD
            && word.bytes().all(of_word)
    })
}

/// The token is part of every link below this one, so that plain text is for this machine alone.
fn read_api_url(reader: &mut Reader<'_>) -> Option<Url> {
    const NAME: &str = "TELEGRAM_API_URL";
    let text = reader.text(NAME).unwrap_or_else(|| TELEGRAM.to_owned());
    let url = text.parse::<Url>().ok();
    let url = url.filter(|url| url.scheme() == "https" || is_loopback_http(url));
    if url.is_none() {
        let hint = "write https://…, or http://… on loopback";
        reader.problem(NAME, "is no such server", hint);
    }
    url
}

fn is_loopback_http(url: &Url) -> bool {
    let on_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    on_loopback && url.scheme() == "http"
}

fn read_webhook(reader: &mut Reader<'_>) -> Option<WebhookSettings> {
    const NAME: &str = "TELEGRAM_WEBHOOK_URL";
    let listen = reader.parse_or("TELEGRAM_WEBHOOK_LISTEN", DEFAULT_LISTEN);
    let url = reader.parse::<Url>(NAME)?;
    if url.scheme() != "https" {
        let hint = "write https://…; Telegram delivers to nothing else";
        reader.problem(NAME, format!("{url} is not https"), hint);
        return None;
    }
    Some(WebhookSettings { url, listen })
}

fn read_users(reader: &mut Reader<'_>) -> Vec<i64> {
    const NAME: &str = "TELEGRAM_USERS";
    let text = reader.text(NAME).unwrap_or_default();
    let mut users = Vec::new();
    let parts = text.split(',').map(str::trim);
    for part in parts.filter(|part| !part.is_empty()) {
        match part.parse() {
            Ok(number) if number > 0 => users.push(number),
            _ => {
                let hint = "write Telegram's numbers of users with commas between";
                reader.problem(NAME, format!("{part:?} is no user"), hint);
            }
        }
    }
    users
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use core_config::MapSource;

    use super::*;

    const TOKEN: &str = "4242:AAcanary-canary_canary0123456789abc";

    fn names_of_problems(source: &MapSource) -> Vec<String> {
        let problems = read(source).err();
        let names = problems
            .iter()
            .flatten()
            .map(|problem| problem.name.clone());
        names.collect()
    }

    #[test]
    fn a_token_is_all_it_needs() {
        let source = MapSource::from([("TELEGRAM_BOT_TOKEN", TOKEN)]);
        let (settings, _) = read(&source).unwrap();
        assert_eq!(settings.token.expose(), TOKEN);
        assert_eq!(settings.api_url.as_str(), "https://api.telegram.org/");
        assert!(settings.webhook.is_none() && settings.users.is_empty());
        assert!(!format!("{settings:?}").contains("canary"));
    }

    #[test]
    fn every_setting_is_read() {
        let source = MapSource::from([
            ("TELEGRAM_BOT_TOKEN", TOKEN),
            ("TELEGRAM_API_URL", "http://127.0.0.1:8081"),
            ("TELEGRAM_WEBHOOK_URL", "https://bot.example.com/telegram"),
            ("TELEGRAM_WEBHOOK_LISTEN", "0.0.0.0:9443"),
            ("TELEGRAM_USERS", "17, 18,"),
            ("TELEGRAM_TOKEN", "x"),
        ]);
        let (settings, _) = read(&source).unwrap();
        assert_eq!(settings.unknown.len(), 1, "{:?}", settings.unknown);
        let webhook = settings.webhook.unwrap();
        assert_eq!(webhook.url.path(), "/telegram");
        assert_eq!(webhook.listen.to_string(), "0.0.0.0:9443");
        assert_eq!(settings.users, [17, 18]);
    }

    #[test]
    fn mistakes_are_told_together_with_those_of_the_other_settings() {
        let source = MapSource::from([
            ("TELEGRAM_BOT_TOKEN", "canary"),
            ("TELEGRAM_API_URL", "http://telegram.example.com"),
            ("TELEGRAM_WEBHOOK_URL", "http://bot.example.com"),
            ("TELEGRAM_WEBHOOK_LISTEN", "8443"),
            ("TELEGRAM_USERS", "ada"),
            ("REDIS_HOST", "redis"),
            ("REDIS_PORT", "0"),
        ]);
        let names = names_of_problems(&source);
        assert_eq!(
            names,
            [
                "TELEGRAM_BOT_TOKEN",
                "TELEGRAM_API_URL",
                "TELEGRAM_WEBHOOK_LISTEN",
                "TELEGRAM_WEBHOOK_URL",
                "TELEGRAM_USERS",
                "REDIS_PORT"
            ]
        );
        let problems = read(&source).unwrap_err();
        assert!(!problems.to_string().contains("canary"), "{problems}");
    }

    #[test]
    fn without_a_token_there_is_no_bot() {
        assert_eq!(names_of_problems(&MapSource::new()), ["TELEGRAM_BOT_TOKEN"]);
    }

    #[test]
    fn the_documentation_names_every_setting_of_the_bot_and_no_other() {
        let source = MapSource::new();
        let mut reader = Reader::new(&source);
        let _ = BotSettings::read(&mut reader);
        let read: BTreeSet<_> = reader.names_read().iter().cloned().collect();
        let page = include_str!("../../../docs/CONFIGURATION.md");
        let documented: BTreeSet<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .filter(|name| name.starts_with("TELEGRAM_"))
            .map(str::to_owned)
            .collect();
        assert_eq!(read, documented);
    }
}
