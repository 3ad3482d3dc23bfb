//! Everything that the bot needs, on loopback.

use std::time::Duration;

use fal_client::simulator::{FalSimulator, FalSimulatorBuilder, Fault, Host, Rule, Step};

use super::double::{Recorded, TelegramDouble};
use super::private_s3::PrivateS3;
use super::program::{BotProgram, Finished};

/// A token in the form of Telegram's; it guards nothing, and it must not be seen anywhere.
pub(crate) const TOKEN: &str = "4242:AAcanary-canary_canary0123456789abc";

/// A bot with its surroundings.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) telegram: TelegramDouble,
    pub(crate) fal: FalSimulator,
    pub(crate) store: Option<PrivateS3>,
    pub(crate) bot: BotProgram,
}

/// What a test wants to be otherwise.
#[derive(Debug)]
pub(crate) struct Surroundings {
    fal: FalSimulatorBuilder,
    variables: Vec<(String, String)>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            fal: FalSimulator::builder(),
            variables: Vec::new(),
        }
    }
}

impl Surroundings {
    /// Lets FAL take so long for a picture.
    pub(crate) fn run_time(mut self, time: Duration) -> Self {
        self.fal = self.fal.run_time(time);
        self
    }

    /// Lets FAL be done with a small picture before it answers to the submit, so that nobody waits for one.
    pub(crate) fn pictures_at_once(mut self) -> Self {
        let late = Rule::each_submit(Fault::SlowAnswer {
            by: Duration::from_millis(25),
            at: Step::Submit,
        });
        self.fal = self.fal.run_time(Duration::ZERO).thumbnails();
        self.fault(late)
    }

    /// Lets FAL's time stand: nothing is done before somebody moves it.
    pub(crate) fn fal_stands_still(mut self) -> Self {
        self.fal = self.fal.virtual_time();
        self
    }

    /// Lets something go wrong with FAL.
    pub(crate) fn fault(mut self, rule: Rule) -> Self {
        self.fal = self.fal.script([rule]);
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Starts everything, and returns when the bot is there.
    pub(crate) async fn start(self) -> World {
        let telegram = TelegramDouble::start(TOKEN).await;
        let fal = self.fal.start().await.unwrap();
        let store = PrivateS3::start().await;
        let mut variables = variables(&telegram, &fal, &store);
        variables.extend(self.variables);
        let mut bot = BotProgram::begin(&variables);
        bot.is_there().await;
        let store = Some(store);
        World {
            telegram,
            fal,
            store,
            bot,
        }
    }
}

fn variables(
    telegram: &TelegramDouble,
    fal: &FalSimulator,
    store: &PrivateS3,
) -> Vec<(String, String)> {
    let fal_key = fal.key();
    let pairs = [
        ("TELEGRAM_BOT_TOKEN", TOKEN.to_owned()),
        ("TELEGRAM_API_URL", telegram.url()),
        ("FAL_KEY", fal_key.expose().to_owned()),
        ("FAL_QUEUE_URL", fal.queue_url().to_string()),
        ("FAL_MEDIA_ORIGINS", fal.media_url().to_string()),
        ("MINIO_ENDPOINT", store.url()),
        ("MINIO_ACCESS_KEY", PrivateS3::ACCESS_KEY.to_owned()),
        ("MINIO_SECRET_KEY", PrivateS3::SECRET_KEY.to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

impl World {
    pub(crate) async fn start() -> Self {
        Surroundings::default().start().await
    }

    /// Takes the object store away.
    pub(crate) async fn stop_store(&mut self) {
        if let Some(store) = self.store.take() {
            store.stop().await;
        }
    }

    /// Waits until FAL has taken so many jobs.
    pub(crate) async fn fal_has_taken(&self, jobs: u64) {
        for _ in 0..1_000 {
            if self.fal.control().accepted_submits() >= jobs {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("FAL has taken {}", self.fal.control().accepted_submits());
    }

    /// Waits until somebody asks FAL for the bytes of a picture.
    pub(crate) async fn fal_is_asked_for_a_picture(&self) {
        let is_asked = || {
            let requests = self.fal.control().requests();
            requests.iter().any(|one| one.host() == Host::Media)
        };
        for _ in 0..2_000 {
            if is_asked() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody asks for a picture");
    }

    /// Stops the bot, then what it needs, and checks what holds after every conversation: Telegram has taken all that
    /// was said, every press was answered once, no link stands in a message, and the token was shown nowhere.
    pub(crate) async fn end(mut self) -> Finished {
        let finished = self.bot.stop().await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert_no_secret(&finished);
        let mut refused = self.telegram.recorded();
        refused.retain(|one| one.status == 400 && !is_expected(one));
        assert!(refused.is_empty(), "{refused:#?}");
        let answers = self.telegram.answers();
        assert!(answers.iter().all(|times| *times == 1), "{answers:?}");
        for one in self.telegram.recorded() {
            let shown = serde_json::Value::Object(one.call.arguments).to_string();
            assert!(
                !shown.contains("X-Amz-") && !shown.contains("/files/"),
                "{shown}"
            );
        }
        self.fal.stop().await;
        if let Some(store) = self.store.take() {
            store.stop().await;
        }
        finished
    }
}

/// A photo does not become a text, and an edit may change nothing: Telegram says so, and the bot goes by that.
fn is_expected(recorded: &Recorded) -> bool {
    let words = recorded.description.as_deref().unwrap_or_default();
    [
        "there is no text in the message to edit",
        "message is not modified",
    ]
    .iter()
    .any(|expected| words.contains(expected))
}

/// The token is in every link that the bot asks Telegram with, and must be in nothing that it says.
pub(crate) fn assert_no_secret(finished: &Finished) {
    let said = finished.said();
    for secret in ["canary", PrivateS3::SECRET_KEY] {
        assert!(!said.contains(secret), "{secret} is shown:\n{said}");
    }
}
