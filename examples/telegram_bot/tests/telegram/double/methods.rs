//! The methods of the Bot API, as far as the bot has any use for them.

use serde_json::{Value, json};

use super::call::Call;
use super::html::{self, Formatted};
use super::keyboard;
use super::message::{Content, Message};
use super::photo::Photo;
use super::refusal::{Outcome, Refusal};
use super::state::{State, Webhook, bot};

/// The longest text and the longest caption, in UTF-16 code units after the markup is read.
const MAX_TEXT: usize = 4_096;
const MAX_CAPTION: usize = 1_024;
const MAX_TOAST: usize = 200;

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the \
                            same as a current content and reply markup of the message";

/// Does what `call` asks for; `getUpdates` waits, and so is elsewhere.
pub(super) fn perform(state: &mut State, call: &Call) -> Outcome {
    match call.method.as_str() {
        "getme" => Ok(me()),
        "sendmessage" => send_message(state, call),
        "sendphoto" => send_photo(state, call),
        "sendchataction" => send_chat_action(state, call),
        "editmessagetext" => edit_text(state, call),
        "editmessagecaption" => edit_caption(state, call),
        "editmessagemedia" => edit_media(state, call),
        "editmessagereplymarkup" => edit_keyboard(state, call),
        "deletemessage" => delete_message(state, call),
        "answercallbackquery" => answer_query(state, call),
        "setmycommands" => set_commands(call),
        "setwebhook" => set_webhook(state, call),
        "deletewebhook" => {
            state.webhook = None;
            Ok(json!(true))
        }
        "getwebhookinfo" => Ok(webhook_info(state)),
        _ => Err(Refusal::new(404, "Not Found: method not found")),
    }
}

fn me() -> Value {
    let mut me = bot();
    for ability in [
        "can_join_groups",
        "can_read_all_group_messages",
        "supports_inline_queries",
        "can_connect_to_business",
        "has_main_web_app",
    ] {
        me[ability] = json!(false);
    }
    me
}

fn formatted(text: &str, parse_mode: Option<String>) -> Result<Formatted, Refusal> {
    match parse_mode.map(|mode| mode.to_ascii_lowercase()).as_deref() {
        None | Some("none") => Ok(Formatted::plain(text)),
        Some("html") => {
            let broken = |what| Refusal::bad(format!("can't parse entities: {what}"));
            html::read(text).map_err(broken)
        }
        Some(_) => Err(Refusal::bad("unsupported parse_mode")),
    }
}

fn text_of(call: &Call, too_long: &str) -> Result<Formatted, Refusal> {
    let text = call.text("text");
    let text = text.ok_or_else(|| Refusal::bad("message text is empty"))?;
    let text = formatted(&text, call.text("parse_mode"))?;
    if text.text.trim().is_empty() {
        return Err(Refusal::bad("text must be non-empty"));
    }
    if text.units() > MAX_TEXT {
        return Err(Refusal::bad(too_long));
    }
    Ok(text)
}

fn caption(text: Option<String>, parse_mode: Option<String>) -> Result<Formatted, Refusal> {
    let caption = formatted(&text.unwrap_or_default(), parse_mode)?;
    if caption.units() > MAX_CAPTION {
        return Err(Refusal::bad("message caption is too long"));
    }
    Ok(caption)
}

/// Returns the photo that a field names: a file of the form, or one that was sent before.
fn photo_named(state: &mut State, call: &Call, name: &str) -> Result<Photo, Refusal> {
    if let Some(part) = name.strip_prefix("attach://") {
        let bytes = call.files.get(part);
        let bytes = bytes.ok_or_else(|| Refusal::bad("there is no photo in the request"))?;
        let file_id = format!("photo-{}", state.next_id());
        let photo = Photo::new(file_id.clone(), bytes.clone())?;
        state.photos.insert(file_id, photo.clone());
        return Ok(photo);
    }
    // The real one would fetch a link; a link of ours in a message is what must not be.
    let known = state.photos.get(name).cloned();
    known.ok_or_else(|| Refusal::bad("wrong file identifier/HTTP URL specified"))
}

fn add(state: &mut State, call: &Call, content: Content) -> Outcome {
    let keyboard = keyboard::read(call.structure("reply_markup")?)?;
    let id = state.next_id();
    let chat = state.open_chat(call)?;
    let shown = (chat.profile.id, content.clone());
    let message = Message {
        id,
        by_bot: true,
        content,
        keyboard,
    };
    let told = message.to_json(&chat.profile.chat(), &bot());
    chat.messages.push(message);
    state.shown.push(shown);
    Ok(told)
}

fn send_message(state: &mut State, call: &Call) -> Outcome {
    state.open_chat(call)?;
    let text = text_of(call, "message is too long")?;
    add(state, call, Content::Text(text))
}

fn send_photo(state: &mut State, call: &Call) -> Outcome {
    state.open_chat(call)?;
    let caption = caption(call.text("caption"), call.text("parse_mode"))?;
    let name = match call.text("photo") {
        Some(name) => name,
        None if call.files.contains_key("photo") => "attach://photo".to_owned(),
        None => return Err(Refusal::bad("there is no photo in the request")),
    };
    let photo = photo_named(state, call, &name)?;
    add(state, call, Content::Photo { photo, caption })
}

fn send_chat_action(state: &mut State, call: &Call) -> Outcome {
    state.open_chat(call)?;
    match call.required("action")?.as_str() {
        "typing" | "upload_photo" => Ok(json!(true)),
        _ => Err(Refusal::bad("wrong parameter action in request")),
    }
}

/// Changes a message of the bot by `change`, which gives what it shows then.
fn edit(
    state: &mut State,
    call: &Call,
    change: impl FnOnce(&Message) -> Result<Content, Refusal>,
) -> Outcome {
    let keyboard = keyboard::read(call.structure("reply_markup")?)?;
    let id = call.number("message_id");
    let id = id.ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
    let chat = state.open_chat(call)?;
    let message = chat.messages.iter_mut().find(|message| message.id == id);
    let message = message.ok_or_else(|| Refusal::bad("message to edit not found"))?;
    if !message.by_bot {
        return Err(Refusal::bad("message can't be edited"));
    }
    let content = change(message)?;
    if (&content, &keyboard) == (&message.content, &message.keyboard) {
        return Err(Refusal::bad(NOT_MODIFIED));
    }
    let shown = (chat.profile.id, content.clone());
    message.content = content;
    message.keyboard = keyboard;
    let told = message.to_json(&chat.profile.chat(), &bot());
    state.shown.push(shown);
    Ok(told)
}

fn edit_text(state: &mut State, call: &Call) -> Outcome {
    let text = text_of(call, "MESSAGE_TOO_LONG")?;
    edit(state, call, |message| match message.content {
        Content::Text(_) => Ok(Content::Text(text)),
        Content::Photo { .. } => Err(Refusal::bad("there is no text in the message to edit")),
    })
}

fn edit_caption(state: &mut State, call: &Call) -> Outcome {
    let caption = caption(call.text("caption"), call.text("parse_mode"))?;
    edit(state, call, |message| match &message.content {
        Content::Text(_) => Err(Refusal::bad("there is no caption in the message to edit")),
        Content::Photo { photo, .. } => {
            let photo = photo.clone();
            Ok(Content::Photo { photo, caption })
        }
    })
}

/// Gives a message another photo; a message of text becomes one with a photo.
fn edit_media(state: &mut State, call: &Call) -> Outcome {
    let media = call.structure("media")?;
    let media = media.ok_or_else(|| Refusal::bad("input media is not specified"))?;
    if media["type"] != "photo" {
        return Err(Refusal::bad("can't parse InputMedia: type must be photo"));
    }
    let field = |name: &str| media[name].as_str().map(str::to_owned);
    let caption = caption(field("caption"), field("parse_mode"))?;
    let name = field("media").unwrap_or_default();
    let photo = photo_named(state, call, &name)?;
    edit(state, call, |_| Ok(Content::Photo { photo, caption }))
}

fn edit_keyboard(state: &mut State, call: &Call) -> Outcome {
    edit(state, call, |message| Ok(message.content.clone()))
}

fn delete_message(state: &mut State, call: &Call) -> Outcome {
    let id = call.number("message_id");
    let id = id.ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
    let chat = state.open_chat(call)?;
    let before = chat.messages.len();
    chat.messages.retain(|message| message.id != id);
    if chat.messages.len() == before {
        return Err(Refusal::bad("message to delete not found"));
    }
    Ok(json!(true))
}

fn answer_query(state: &mut State, call: &Call) -> Outcome {
    let text = call.text("text").unwrap_or_default();
    if text.chars().count() > MAX_TOAST {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    let id = call.required("callback_query_id")?;
    let Some(answers) = state.queries.get_mut(&id) else {
        let what = "query is too old and response timeout expired or query id is invalid";
        return Err(Refusal::bad(what));
    };
    *answers += 1;
    if let (false, Some(chat)) = (text.is_empty(), state.query_chats.get(&id)) {
        state.toasts.push((*chat, text));
    }
    Ok(json!(true))
}

/// Source: <https://core.telegram.org/bots/api#botcommand>.
fn set_commands(call: &Call) -> Outcome {
    let commands = call.structure("commands")?.unwrap_or_default();
    let commands = commands.as_array().cloned();
    let commands = commands.ok_or_else(|| Refusal::bad("expected an Array of BotCommand"))?;
    let is_lawful = |command: &Value| {
        let name = command["command"].as_str().unwrap_or_default();
        let about = command["description"].as_str().unwrap_or_default();
        let of_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        (1..=32).contains(&name.len())
            && name.bytes().all(of_name)
            && (1..=256).contains(&about.chars().count())
    };
    if commands.len() > 100 || !commands.iter().all(is_lawful) {
        return Err(Refusal::bad("BOT_COMMAND_INVALID"));
    }
    Ok(json!(true))
}

fn set_webhook(state: &mut State, call: &Call) -> Outcome {
    let url = call.text("url").unwrap_or_default();
    if url.is_empty() {
        state.webhook = None;
    } else if url.starts_with("https://") {
        let secret = call.text("secret_token");
        state.webhook = Some(Webhook { url, secret });
    } else {
        let what = "bad webhook: An HTTPS URL must be provided for webhook";
        return Err(Refusal::bad(what));
    }
    Ok(json!(true))
}

fn webhook_info(state: &State) -> Value {
    let url = state.webhook.as_ref().map(|webhook| webhook.url.as_str());
    json!({
        "url": url.unwrap_or_default(),
        "has_custom_certificate": false,
        "pending_update_count": state.updates.len(),
    })
}
