//! From updates to the conversation and back, until the program is asked to stop.

use std::convert::Infallible;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use assembly::Services;
use imagen4_domain::conversation::{
    self, Conversation, Guard, MemoryUsers, ReplyError, ReplyErrorKind,
};
use teloxide::dispatching::{Dispatcher, UpdateFilterExt, UpdateHandler};
use teloxide::types::Update;
use teloxide::update_listeners::{Polling, UpdateListener};
use teloxide::{Bot, RequestError, dptree};
use tokio::time::timeout;

use crate::failure::{Failure, chain};
use crate::replies::{self, TelegramReplies, Transport};
use crate::settings::BotSettings;
use crate::updates::{self, Arrival};
use crate::webhook;

/// How long one question for updates waits at Telegram; below the limit of teloxide's client, which is 17 s.
const POLL_TIME: Duration = Duration::from_secs(10);

/// How long a stop waits for pictures that are being made: 30 s. Their records tell where each stands after that.
const FINISH_TIME: Duration = Duration::from_secs(30);

/// How many updates of one chat may wait for their turn. A chat beyond that holds up the others, so it is far more
/// than a person sends: updates are answered at once, pictures come later.
const WAITING_UPDATES: usize = 1_024;

/// What becomes of an update: what goes wrong is told where it happens.
type Served = Result<(), Infallible>;

/// What every update needs.
#[derive(Debug, Clone)]
struct Desk {
    conversation: Conversation,
    transport: Arc<Transport>,
}

/// Serves updates until `asked_to_stop` is over, then lets what is under way come to its end.
///
/// # Errors
///
/// [`Failure`] when Telegram cannot be reached at the start or does not take the token.
///
/// # Cancellation
///
/// What is under way goes on in tasks of its own.
pub(crate) async fn run(
    settings: BotSettings,
    services: &Services,
    asked_to_stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let bot = Bot::new(settings.token.expose()).set_api_url(settings.api_url.clone());
    let conversation = converse(&settings, services)?;
    let desk = Desk {
        conversation: conversation.clone(),
        transport: Arc::new(Transport::new(bot.clone(), services.pictures().clone())),
    };
    let told = listen(&settings, &bot, desk, asked_to_stop).await;
    if timeout(FINISH_TIME, conversation.finish()).await.is_err() {
        tracing::warn!("pictures are still being made; their records tell where each stands");
    }
    told
}

fn converse(settings: &BotSettings, services: &Services) -> Result<Conversation, Failure> {
    let users = if settings.users.is_empty() {
        MemoryUsers::everybody()
    } else {
        MemoryUsers::only(settings.users.iter().copied())
    };
    Ok(services.conversation(Guard::new(Arc::new(users)))?)
}

async fn listen(
    settings: &BotSettings,
    bot: &Bot,
    desk: Desk,
    asked_to_stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    if let Some(webhook) = &settings.webhook {
        let listener = webhook::listen(bot.clone(), webhook).await?;
        return dispatch(bot, desk, listener, asked_to_stop).await;
    }
    let listener = Polling::builder(bot.clone()).timeout(POLL_TIME);
    let listener = listener.delete_webhook().await.build();
    dispatch(bot, desk, listener, asked_to_stop).await
}

/// Gives updates to their handler: those of one chat in their order, those of different chats side by side.
#[expect(clippy::print_stdout, reason = "a program talks on the terminal")]
async fn dispatch<L>(
    bot: &Bot,
    desk: Desk,
    mut listener: L,
    asked_to_stop: impl Future<Output = ()>,
) -> Result<(), Failure>
where
    L: UpdateListener<Err: Trouble> + Send,
{
    replies::offer_commands(bot, &desk.conversation).await;
    let mut dispatcher = Dispatcher::builder(bot.clone(), handler())
        .dependencies(dptree::deps![desk])
        .default_handler(|_| async {})
        .worker_queue_size(WAITING_UPDATES)
        .build();
    let (dispatch_stop, listener_stop) = (dispatcher.shutdown_token(), listener.stop_token());
    // The listener asks again after a pause that grows.
    let failed = |error: L::Err| async move {
        tracing::warn!(error = error.sentence(), "no updates for a while");
    };
    let dispatching = dispatcher.try_dispatch_with_listener(listener, Arc::new(failed));
    let mut dispatching = std::pin::pin!(dispatching);
    println!("the bot is there; Ctrl-C stops it");
    let outcome = tokio::select! {
        outcome = &mut dispatching => outcome,
        () = asked_to_stop => match dispatch_stop.shutdown() {
            // The dispatcher does not hear of it while it takes an update; the end of the listener it cannot miss.
            Ok(_) => {
                listener_stop.stop();
                dispatching.await
            }
            // Not one update was taken yet.
            Err(_) => Ok(()),
        },
    };
    outcome.map_err(|error| replies::failure(&error))
}

fn handler() -> UpdateHandler<Infallible> {
    dptree::entry()
        .branch(Update::filter_message().endpoint(serve))
        .branch(Update::filter_callback_query().endpoint(serve))
}

/// Returns a box, since the compiler cannot see through all layers that what stands in it may go from thread to thread.
fn serve(update: Update, desk: Desk) -> Pin<Box<dyn Future<Output = Served> + Send>> {
    Box::pin(async move {
        if let Some(Arrival { update, query }) = updates::read(update) {
            let replies = Arc::new(TelegramReplies::new(Arc::clone(&desk.transport), query));
            if let Some(update) = update {
                converse_about(&desk, update, Arc::clone(&replies)).await;
            }
            replies.close().await;
        }
        Ok(())
    })
}

async fn converse_about(desk: &Desk, update: conversation::Update, replies: Arc<TelegramReplies>) {
    if let Err(error) = desk.conversation.handle(update, replies).await {
        tell(&error);
    }
}

/// A user who has shut us out is nobody's fault.
fn tell(error: &ReplyError) {
    if error.kind() == ReplyErrorKind::Blocked {
        tracing::debug!("a user has shut the bot out");
    } else {
        tracing::warn!(error = chain(error), "a reply did not arrive");
    }
}

/// What a listener may fail with.
trait Trouble: Debug + Send + 'static {
    /// Says what is wrong, without the token.
    fn sentence(&self) -> String;
}

impl Trouble for RequestError {
    fn sentence(&self) -> String {
        replies::sentence(self)
    }
}

impl Trouble for Infallible {
    fn sentence(&self) -> String {
        match *self {}
    }
}
