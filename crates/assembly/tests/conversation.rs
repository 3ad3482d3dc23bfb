//! The conversation of a bot over the assembled services, with Redis there, away, and back again.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::time::Duration;

use assembly::{Assembly, Services};
use cache::testing::RedisServer;
use core_config::MapSource;
use imagen4_domain::conversation::{
    ChatId, ChatUser, Content, Conversation, Guard, MemoryUsers, PictureHandle, Replies, Update,
};
use imagen4_domain::testing::RecordingReplies;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

const ANNA: i64 = 42;

const KEY: &str = "imagen4:dialogue:tg%3A42";

/// How soon Redis is used again after it is back.
const SOON: Duration = Duration::from_secs(5);

async fn services(folder: &TempDir, redis: &RedisServer) -> Services {
    let source = MapSource::new()
        .with("DATA_DIR", folder.path().display().to_string())
        .with("REDIS_HOST", "127.0.0.1")
        .with("REDIS_PORT", redis.port().to_string());
    let assembly = Assembly::from_source(&source).unwrap();
    assembly.start().await.unwrap()
}

fn talk(services: &Services) -> Conversation {
    let guard = Guard::new(Arc::new(MemoryUsers::everybody()));
    services.conversation(guard).unwrap()
}

struct Anna {
    talk: Conversation,
    chat: RecordingReplies,
}

impl Anna {
    fn new(services: &Services) -> Self {
        let (talk, chat) = (talk(services), RecordingReplies::new());
        Self { talk, chat }
    }

    async fn give(&self, update: Update) {
        let replies: Arc<dyn Replies> = Arc::new(self.chat.clone());
        self.talk.handle(update, replies).await.unwrap();
        self.talk.finish().await;
    }

    async fn say(&self, text: &str) {
        let update = Update::text(ChatId(ANNA), ChatUser::new(ANNA), text);
        self.give(update).await;
    }

    async fn press(&self, data: &str) {
        let update = Update::callback(ChatId(ANNA), ChatUser::new(ANNA), data, None);
        self.give(update).await;
    }

    fn content(&self) -> Content {
        let mut shown = self.chat.shown_in(ChatId(ANNA));
        shown.pop().unwrap().1.content
    }

    fn text(&self) -> String {
        self.content().text().to_plain()
    }

    fn shows_a_stored_picture(&self) -> bool {
        let Content::Picture { picture, .. } = self.content() else {
            return false;
        };
        matches!(picture, PictureHandle::Stored(_))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dialogue_stands_in_redis_for_an_hour() {
    let (folder, redis) = (TempDir::new().unwrap(), RedisServer::start());
    let services = services(&folder, &redis).await;
    let anna = Anna::new(&services);
    anna.press("imagen4_prompt").await;
    let kept = redis.ask(&["GET", KEY]);
    assert!(kept.contains(r#""step":"waiting_for_prompt""#), "{kept}");
    let life: i64 = redis.ask(&["PTTL", KEY]).trim().parse().unwrap();
    assert!((3_590_000..=3_600_000).contains(&life), "{life}");
    // Another process goes on with it.
    let other = Anna::new(&services);
    other.say("a fox in the snow").await;
    assert!(other.text().ends_with("a fox in the snow"));
    services.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_starts_without_redis_and_uses_it_once_it_is_there() {
    let (folder, mut redis) = (TempDir::new().unwrap(), RedisServer::start());
    redis.stop();
    let services = services(&folder, &redis).await;
    let anna = Anna::new(&services);
    anna.press("imagen4_prompt").await;
    anna.say("a fox in the snow").await;
    anna.press("imagen4_aspect_ratio:1:1").await;
    assert!(anna.shows_a_stored_picture(), "{}", anna.text());
    anna.press("my_gallery").await;
    assert!(anna.text().starts_with("1 of 1"), "{}", anna.text());

    redis.restart();
    let back = Instant::now();
    while redis.ask(&["EXISTS", KEY]).trim() != "1" {
        assert!(back.elapsed() < SOON, "Redis is not used again");
        anna.press("imagen4_prompt").await;
        sleep(Duration::from_millis(100)).await;
    }
    services.shutdown().await;
}
