//! A bot over fakes, and people who talk to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache::Cache;
use cache::memory::MemoryCache;
use chrono::{DateTime, TimeDelta, Utc};
use core_config::Secret;
use imagen4_domain::conversation::{
    Admission, Card, ChatId, ChatUser, Content, Conversation, Guard, MemoryDialogues, MemoryUsers,
    MessageId, PictureHandle, Replies, Reply, ReplyError, Update, Users, UsersError,
};
use imagen4_domain::testing::{FailingDialogues, FaultyStore, RecordingReplies, ScriptedGenerator};
use imagen4_domain::{
    GalleryService, GenerateService, Generation, GenerationCache, GenerationId, GenerationStore,
    ImageGenerator, Imagen4Settings, Library, MemoryGenerationStore, PromptPolicy, UserId,
    WordList,
};
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{BucketMap, ImageFormat, PictureStorage};
use storage::testing::{FailingStore, Failure, ManualClock, Operation};
use storage::{Credentials, LinkSigner, MemoryStore, ObjectStore, SignedHost, StorageErrorKind};

/// How many jobs have pictures.
const JOBS: u8 = 110;

/// Users who count how often they are asked.
#[derive(Debug, Clone)]
pub(crate) struct CountedUsers {
    users: MemoryUsers,
    asked: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl Users for CountedUsers {
    async fn admit(&self, who: &ChatUser) -> Result<Admission, UsersError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.users.admit(who).await
    }
}

pub(crate) type Dialogues = FailingDialogues<MemoryDialogues>;

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) store: FaultyStore<Arc<MemoryGenerationStore>>,
    pub(crate) generator: ScriptedGenerator,
    pub(crate) objects: Arc<FailingStore<MemoryStore>>,
    pub(crate) cache: MemoryCache,
    pub(crate) generate: GenerateService,
    pub(crate) library: Library,
    pub(crate) gallery: GalleryService,
    pub(crate) dialogues: Dialogues,
    pub(crate) users: MemoryUsers,
    asked: Arc<AtomicUsize>,
    updates: AtomicUsize,
    pub(crate) replies: RecordingReplies,
    pub(crate) talk: Conversation,
}

pub(crate) fn start() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn objects(clock: &ManualClock) -> FailingStore<MemoryStore> {
    let host = SignedHost::parse("minio.test:9000", true).unwrap();
    let credentials = Credentials::new("id", Secret::new("secret-canary"));
    let links = LinkSigner::new(host, "us-east-1", credentials);
    FailingStore::new(MemoryStore::new(Arc::new(clock.clone())).with_links(links))
}

fn source() -> ScriptedSource {
    let source = ScriptedSource::new();
    for job in 1..=JOBS {
        for number in 1..=2 {
            let filler = format!("picture {number} of job {job}");
            let picture = sample_picture(ImageFormat::Png, 64, 64, filler.as_bytes());
            source.serve(&format!("https://fal.test/job-{job}/{number}.png"), picture);
        }
    }
    source
}

impl World {
    pub(crate) fn new() -> Self {
        Self::over(Imagen4Settings::default(), |generator| Arc::new(generator))
    }

    pub(crate) fn with(settings: Imagen4Settings) -> Self {
        Self::over(settings, |generator| Arc::new(generator))
    }

    /// Returns the world whose pictures are made by what `wrap` puts around the scripted generator.
    pub(crate) fn over(
        settings: Imagen4Settings,
        wrap: impl FnOnce(ScriptedGenerator) -> Arc<dyn ImageGenerator>,
    ) -> Self {
        let clock = ManualClock::new(start());
        let store = FaultyStore::new(Arc::new(MemoryGenerationStore::new()));
        let generator = ScriptedGenerator::new();
        let objects = Arc::new(objects(&clock));
        let cache = MemoryCache::new();
        let kept = GenerationCache::new(Arc::new(cache.clone()), Arc::new(cache.clone()));
        let as_objects: Arc<dyn ObjectStore> = Arc::clone(&objects) as _;
        let pictures = PictureStorage::new(as_objects, Arc::new(source()), BucketMap::default());
        let records: Arc<dyn GenerationStore> = Arc::new(store.clone());
        let time = Arc::new(clock.clone());
        let policy: Arc<dyn PromptPolicy> = Arc::new(WordList::new(["sex", "секс"]));
        let generate = GenerateService::new(
            Arc::clone(&records),
            wrap(generator.clone()),
            pictures.clone(),
            Arc::clone(&time) as _,
        )
        .with_settings(settings)
        .with_policy(policy)
        .with_cache(kept.clone());
        let library = Library::new(records, pictures, time).with_cache(kept);
        let gallery = GalleryService::new(Arc::new(store.clone()), generate.clone());
        let dialogues = FailingDialogues::new(MemoryDialogues::new());
        let (users, asked) = (MemoryUsers::everybody(), Arc::default());
        let counted = CountedUsers {
            users: users.clone(),
            asked: Arc::clone(&asked),
        };
        let talk = Conversation::new(
            Guard::new(Arc::new(counted)),
            Arc::new(dialogues.clone()),
            generate.clone(),
            library.clone(),
            gallery.clone(),
        )
        .unwrap();
        Self {
            clock,
            store,
            generator,
            objects,
            cache,
            generate,
            library,
            gallery,
            dialogues,
            users,
            asked,
            updates: AtomicUsize::new(0),
            replies: RecordingReplies::new(),
            talk,
        }
    }

    /// Returns another conversation over the same world, behind `guard`.
    pub(crate) fn talk_behind(&self, guard: Guard) -> Conversation {
        Conversation::new(
            guard,
            Arc::new(self.dialogues.clone()),
            self.generate.clone(),
            self.library.clone(),
            self.gallery.clone(),
        )
        .unwrap()
    }

    /// Returns how often the users were asked, and how many updates there were.
    pub(crate) fn asked(&self) -> (usize, usize) {
        let updates = self.updates.load(Ordering::SeqCst);
        (self.asked.load(Ordering::SeqCst), updates)
    }

    /// Lets the object store take and give nothing.
    pub(crate) fn object_store_down(&self) {
        for operation in [
            Operation::Put,
            Operation::Head,
            Operation::Get,
            Operation::EnsureBucket,
        ] {
            self.objects
                .fail(Failure::of(operation, StorageErrorKind::Unavailable));
        }
    }

    /// Returns somebody who reads Russian, in a chat of their own.
    pub(crate) fn person(&self, number: i64) -> Person<'_> {
        let who = ChatUser::new(number).with_language_tag("ru-RU");
        Person {
            world: self,
            chat: ChatId(number),
            who,
        }
    }

    /// Tells whether the cache holds the record of a generation.
    pub(crate) async fn caches(&self, id: &GenerationId) -> bool {
        let key = cache::FamilyKey::generation(id).unwrap();
        self.cache.get(key.key()).await.unwrap().is_some()
    }
}

/// Somebody who talks to the bot.
#[derive(Clone)]
pub(crate) struct Person<'a> {
    pub(crate) world: &'a World,
    pub(crate) chat: ChatId,
    pub(crate) who: ChatUser,
}

impl Person<'_> {
    pub(crate) fn id(&self) -> UserId {
        format!("tg:{}", self.who.id).parse().unwrap()
    }

    /// Gives an update to the bot, a second after the one before.
    async fn try_give(&self, update: Update) -> Result<(), ReplyError> {
        self.world.clock.advance(TimeDelta::seconds(1));
        self.world.updates.fetch_add(1, Ordering::SeqCst);
        let replies: Arc<dyn Replies> = Arc::new(self.world.replies.clone());
        let before = self.notices().len();
        let told = self.world.talk.handle(update, replies).await;
        assert!(
            self.notices().len() <= before + 1,
            "two notices for one button"
        );
        told
    }

    async fn give(&self, update: Update) {
        self.try_give(update).await.unwrap();
        assert!(
            self.world.replies.refused().is_empty(),
            "{:?}",
            self.world.replies.refused()
        );
    }

    pub(crate) async fn say(&self, text: &str) {
        let update = Update::text(self.chat, self.who.clone(), text);
        self.give(update).await;
    }

    /// Presses the button with this label, on the newest message that has it.
    pub(crate) async fn press(&self, label: &str) {
        let (message, data) = self.button(label).unwrap_or_else(|| {
            panic!("no button {label} under {:?}", self.labels());
        });
        self.press_data(&data, Some(message)).await;
    }

    pub(crate) async fn press_data(&self, data: &str, message: Option<MessageId>) {
        let update = Update::callback(self.chat, self.who.clone(), data, message);
        self.give(update).await;
    }

    pub(crate) async fn try_press(
        &self,
        data: &str,
        message: Option<MessageId>,
    ) -> Result<(), ReplyError> {
        let update = Update::callback(self.chat, self.who.clone(), data, message);
        self.try_give(update).await
    }

    /// Presses a button, and waits for what is made of it.
    pub(crate) async fn press_and_wait(&self, label: &str) {
        self.press(label).await;
        self.world.talk.finish().await;
    }

    /// Goes from the menu to a picture of `prompt`.
    pub(crate) async fn make(&self, prompt: &str) {
        self.say("/start").await;
        self.press("🎨 Нарисовать").await;
        self.say(prompt).await;
        self.press_and_wait("1:1").await;
    }

    pub(crate) fn button(&self, label: &str) -> Option<(MessageId, String)> {
        let shown = self.world.replies.shown_in(self.chat);
        shown.iter().rev().find_map(|(message, card)| {
            let mut buttons = card.keyboard.buttons();
            let button = buttons.find(|button| button.label == label)?;
            Some((*message, button.data.to_string()))
        })
    }

    /// Returns the newest message as it is shown now.
    pub(crate) fn card(&self) -> Card {
        let mut shown = self.world.replies.shown_in(self.chat);
        shown.pop().expect("there is a message").1
    }

    pub(crate) fn text(&self) -> String {
        self.card().content.text().to_plain()
    }

    pub(crate) fn labels(&self) -> Vec<String> {
        let card = self.card();
        let labels = card.keyboard.buttons().map(|button| button.label.clone());
        labels.collect()
    }

    /// Returns the picture of the newest message.
    pub(crate) fn picture(&self) -> Option<PictureHandle> {
        match self.card().content {
            Content::Picture { picture, .. } => Some(picture),
            Content::Text(_) => None,
        }
    }

    /// Returns the notices of this chat, the last one first.
    pub(crate) fn notices(&self) -> Vec<String> {
        let sent = self.world.replies.sent_to(self.chat).into_iter().rev();
        sent.filter_map(|sent| match sent.reply {
            Reply::Toast { text, .. } => Some(text),
            _ => None,
        })
        .collect()
    }

    /// Returns the generations of this person, the newest first.
    pub(crate) async fn generations(&self) -> Vec<GenerationId> {
        let found = self.world.store.recent(&self.id(), 1_000, None).await;
        found.unwrap().iter().map(Generation::id).collect()
    }
}
