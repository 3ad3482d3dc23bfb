//! Cards as messages of Telegram.

use std::fmt;

use imagen4_domain::conversation::{
    Card, ChatId, Content, Keyboard, MessageId, PictureHandle, ReplyError, Text,
};
use storage::pictures::PictureStorage;
use teloxide::Bot;
use teloxide::payloads::{
    AnswerCallbackQuerySetters, EditMessageMediaSetters, EditMessageTextSetters,
    SendMessageSetters, SendPhotoSetters,
};
use teloxide::requests::Requester;
use teloxide::types::{
    CallbackQueryId, ChatId as TelegramChat, InlineKeyboardButton, InlineKeyboardMarkup, InputFile,
    InputMedia, InputMediaPhoto, LinkPreviewOptions, Message, MessageId as TelegramMessage,
    ParseMode,
};

use super::classify::Fault;
use super::patience::patiently;
use super::pictures::{NoPicture, Pictures};

/// Brings cards to chats. `Debug` does not show the bot, whose own shows the token.
pub(crate) struct Transport {
    bot: Bot,
    pictures: Pictures,
}

impl From<NoPicture> for Fault {
    fn from(_: NoPicture) -> Self {
        Self::Picture
    }
}

impl Transport {
    /// Returns the transport of `bot`, which opens pictures in `pictures`.
    pub(crate) fn new(bot: Bot, pictures: PictureStorage) -> Self {
        Self {
            bot,
            pictures: Pictures::new(pictures),
        }
    }

    /// Sends a card as a new message.
    ///
    /// # Errors
    ///
    /// [`ReplyError`], after which nothing was sent unless its kind says otherwise.
    ///
    /// # Cancellation
    ///
    /// The message was perhaps sent.
    pub(super) async fn show(&self, chat: ChatId, card: &Card) -> Result<MessageId, ReplyError> {
        let shown = match &card.content {
            Content::Text(text) => self.send_text(chat, text, &card.keyboard).await,
            Content::Picture { picture, caption } => {
                self.send_picture(chat, picture, caption, &card.keyboard)
                    .await
            }
        };
        shown.map_err(Fault::into_error)
    }

    /// Lets an earlier message show a card, or sends a new one in its place where Telegram cannot.
    ///
    /// # Errors
    ///
    /// [`ReplyError`], after which the earlier message shows what it did unless its kind says otherwise.
    ///
    /// # Cancellation
    ///
    /// The message was perhaps changed; both may be there.
    pub(super) async fn change(
        &self,
        chat: ChatId,
        message: MessageId,
        card: &Card,
    ) -> Result<MessageId, ReplyError> {
        let changed = match &card.content {
            Content::Text(text) => self.edit_text(chat, message, text, &card.keyboard).await,
            Content::Picture { picture, caption } => {
                self.edit_picture(chat, message, picture, caption, &card.keyboard)
                    .await
            }
        };
        match changed {
            Ok(()) | Err(Fault::NotModified) => Ok(message),
            Err(Fault::NotEditable) => self.replace(chat, message, card).await,
            Err(fault) => Err(fault.into_error()),
        }
    }

    /// Answers a pressed button, with a notice that the user must close when the flag says so.
    ///
    /// # Errors
    ///
    /// [`ReplyError`]; an answer that comes too late is none.
    ///
    /// # Cancellation
    ///
    /// The press was perhaps answered.
    pub(super) async fn answer(
        &self,
        query: CallbackQueryId,
        notice: Option<(String, bool)>,
    ) -> Result<(), ReplyError> {
        let mut request = self.bot.answer_callback_query(query);
        if let Some((text, alert)) = notice {
            request = request.text(text).show_alert(alert);
        }
        match patiently(request).await {
            Ok(_) | Err(Fault::TooLate) => Ok(()),
            Err(fault) => Err(fault.into_error()),
        }
    }

    async fn replace(
        &self,
        chat: ChatId,
        old: MessageId,
        card: &Card,
    ) -> Result<MessageId, ReplyError> {
        let new = self.show(chat, card).await?;
        // The old one may be gone, or too old to be deleted; then it stays above the new one.
        let _ = patiently(self.bot.delete_message(to(chat), at(old))).await;
        Ok(new)
    }

    async fn send_text(
        &self,
        chat: ChatId,
        text: &Text,
        keyboard: &Keyboard,
    ) -> Result<MessageId, Fault> {
        let request = self.bot.send_message(to(chat), text.to_html());
        let request = request
            .parse_mode(ParseMode::Html)
            .link_preview_options(no_preview());
        let request = match markup(keyboard) {
            Some(markup) => request.reply_markup(markup),
            None => request,
        };
        patiently(request).await.map(|sent| MessageId(sent.id.0))
    }

    async fn edit_text(
        &self,
        chat: ChatId,
        message: MessageId,
        text: &Text,
        keyboard: &Keyboard,
    ) -> Result<(), Fault> {
        let request = self
            .bot
            .edit_message_text(to(chat), at(message), text.to_html());
        let request = request
            .parse_mode(ParseMode::Html)
            .link_preview_options(no_preview());
        let request = match markup(keyboard) {
            Some(markup) => request.reply_markup(markup),
            None => request,
        };
        patiently(request).await.map(drop)
    }

    async fn send_picture(
        &self,
        chat: ChatId,
        picture: &PictureHandle,
        caption: &Text,
        keyboard: &Keyboard,
    ) -> Result<MessageId, Fault> {
        let bring = async |file: InputFile| {
            let request = self.bot.send_photo(to(chat), file);
            let request = request
                .caption(caption.to_html())
                .parse_mode(ParseMode::Html);
            let request = match markup(keyboard) {
                Some(markup) => request.reply_markup(markup),
                None => request,
            };
            patiently(request).await
        };
        let file = self.pictures.open(picture).await?;
        let sent = match bring(file).await {
            // Telegram has forgotten its own name of the picture.
            Err(Fault::Picture) if self.pictures.forget(picture) => {
                bring(self.pictures.open(picture).await?).await?
            }
            other => other?,
        };
        self.remember(picture, &sent);
        Ok(MessageId(sent.id.0))
    }

    async fn edit_picture(
        &self,
        chat: ChatId,
        message: MessageId,
        picture: &PictureHandle,
        caption: &Text,
        keyboard: &Keyboard,
    ) -> Result<(), Fault> {
        let bring = async |file: InputFile| {
            let photo = InputMediaPhoto::new(file)
                .caption(caption.to_html())
                .parse_mode(ParseMode::Html);
            let media = InputMedia::Photo(photo);
            let request = self.bot.edit_message_media(to(chat), at(message), media);
            let request = match markup(keyboard) {
                Some(markup) => request.reply_markup(markup),
                None => request,
            };
            patiently(request).await
        };
        let file = self.pictures.open(picture).await?;
        let edited = match bring(file).await {
            Err(Fault::Picture) if self.pictures.forget(picture) => {
                bring(self.pictures.open(picture).await?).await?
            }
            other => other?,
        };
        self.remember(picture, &edited);
        Ok(())
    }

    fn remember(&self, picture: &PictureHandle, shown: &Message) {
        // The last size is the largest.
        if let Some(largest) = shown.photo().and_then(<[_]>::last) {
            self.pictures.remember(picture, largest.file.id.clone());
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

fn to(chat: ChatId) -> TelegramChat {
    TelegramChat(chat.0)
}

fn at(message: MessageId) -> TelegramMessage {
    TelegramMessage(message.0)
}

fn markup(keyboard: &Keyboard) -> Option<InlineKeyboardMarkup> {
    let rows = keyboard.rows().iter().map(|row| {
        let buttons = row.iter();
        buttons.map(|button| InlineKeyboardButton::callback(&button.label, button.data.as_str()))
    });
    (!keyboard.is_empty()).then(|| InlineKeyboardMarkup::new(rows))
}

/// Telegram would look at every link that a prompt holds.
fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}
