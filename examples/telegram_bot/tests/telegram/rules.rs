//! The double refuses what Telegram refuses, in its words.

use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use teloxide::payloads::{GetUpdatesSetters, SendPhotoSetters};
use teloxide::requests::Requester;
use teloxide::types::{InputFile, ParseMode};
use teloxide::{ApiError, Bot, RequestError};

use super::double::TelegramDouble;
use super::double::call::Call;
use super::double::photo::MAX_BYTES;
use super::double::refusal::Refusal;
use super::world::TOKEN;

async fn double() -> TelegramDouble {
    let double = TelegramDouble::start(TOKEN).await;
    double.person(17, "ru");
    double
}

fn client(double: &TelegramDouble) -> Bot {
    Bot::new(TOKEN).set_api_url(double.url().parse().unwrap())
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = RgbImage::new(width, height);
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn send(arguments: &Value) -> Call {
    let mut call = Call::new("sendMessage", arguments.clone());
    call.arguments.entry("chat_id").or_insert(json!(17));
    call
}

fn words_of(outcome: Result<Value, Refusal>) -> String {
    outcome.unwrap_err().description
}

#[tokio::test]
async fn texts_have_a_length_a_chat_and_sound_markup() {
    let double = double().await;
    let long = "я".repeat(4_096);
    let too_long = format!("{long}я");
    let foxes = "🦊".repeat(2_049);
    let marked = format!("<b>{long}</b>");
    for fine in [
        json!({ "text": long }),
        json!({ "text": marked, "parse_mode": "HTML" }),
    ] {
        double.perform(send(&fine)).unwrap();
    }
    for (arguments, words) in [
        (json!({ "text": "" }), "message text is empty"),
        (json!({}), "message text is empty"),
        (json!({ "text": "  " }), "text must be non-empty"),
        (json!({ "text": too_long }), "message is too long"),
        (json!({ "text": foxes }), "message is too long"),
        (json!({ "text": "a", "chat_id": 18 }), "chat not found"),
        (
            json!({ "text": "a", "parse_mode": "BBCode" }),
            "unsupported parse_mode",
        ),
        (
            json!({ "text": "1 < 2", "parse_mode": "HTML" }),
            "can't parse entities: Unclosed start tag at byte offset 2",
        ),
    ] {
        let told = words_of(double.perform(send(&arguments)));
        assert_eq!(told, format!("Bad Request: {words}"), "{arguments}");
    }
}

#[tokio::test]
async fn buttons_have_labels_and_data_of_1_to_64_bytes() {
    let double = double().await;
    let with = |button: Value, times: usize, rows: usize| {
        let row = vec![button; times];
        let markup = json!({ "inline_keyboard": vec![row; rows] });
        send(&json!({ "text": "a", "reply_markup": markup }))
    };
    let button = |data: &str| json!({ "text": "b", "callback_data": data });
    double
        .perform(with(button(&"d".repeat(64)), 8, 12))
        .unwrap();
    for (call, words) in [
        (with(button(&"d".repeat(65)), 1, 1), "BUTTON_DATA_INVALID"),
        (with(button(&"я".repeat(33)), 1, 1), "BUTTON_DATA_INVALID"),
        (
            with(button(""), 1, 1),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            with(json!({ "callback_data": "d" }), 1, 1),
            "can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (with(button("d"), 9, 1), "reply markup is too long"),
        (with(button("d"), 1, 101), "reply markup is too long"),
    ] {
        assert_eq!(
            words_of(double.perform(call)),
            format!("Bad Request: {words}")
        );
    }
}

#[tokio::test]
async fn photos_have_a_size_in_bytes_and_in_pixels() {
    let double = double().await;
    let photo = |bytes: Vec<u8>, caption: &str| {
        let arguments = json!({ "chat_id": 17, "photo": "attach://file", "caption": caption });
        Call::new("sendPhoto", arguments).with_file("file", bytes)
    };
    double.perform(photo(png(5_000, 5_000), "")).unwrap();
    let mut heavy = png(8, 8);
    heavy.resize(MAX_BYTES + 1, 0);
    for (call, words) in [
        (photo(png(5_001, 5_000), ""), "PHOTO_INVALID_DIMENSIONS"),
        (photo(png(21, 1), ""), "PHOTO_INVALID_DIMENSIONS"),
        (
            photo(heavy, ""),
            "file of size 10485761 bytes is too big for a photo",
        ),
        (photo(b"<html>".to_vec(), ""), "IMAGE_PROCESS_FAILED"),
        (photo(Vec::new(), ""), "file must be non-empty"),
        (
            photo(png(8, 8), &"я".repeat(1_025)),
            "message caption is too long",
        ),
        (
            Call::new(
                "sendPhoto",
                json!({ "chat_id": 17, "photo": "https://img.example/1" }),
            ),
            "wrong file identifier/HTTP URL specified",
        ),
        (
            Call::new("sendPhoto", json!({ "chat_id": 17 })),
            "there is no photo in the request",
        ),
    ] {
        assert_eq!(
            words_of(double.perform(call)),
            format!("Bad Request: {words}")
        );
    }
}

#[tokio::test]
async fn a_message_is_changed_within_its_kind_and_only_into_something_else() {
    let double = double().await;
    let sent = double.perform(send(&json!({ "text": "a" }))).unwrap();
    let id = &sent["message_id"];
    let photo = Call::new(
        "sendPhoto",
        json!({ "chat_id": 17, "photo": "attach://file" }),
    );
    let photo = double.perform(photo.with_file("file", png(8, 8))).unwrap();
    let photo_id = &photo["message_id"];
    let file_id = &photo["photo"][0]["file_id"];
    let edit = |method: &str, id: &Value, more: Value| {
        let mut call = Call::new(method, more);
        call.arguments.insert("chat_id".to_owned(), json!(17));
        call.arguments.insert("message_id".to_owned(), id.clone());
        double.perform(call)
    };
    let same = "Bad Request: message is not modified: specified new message content and reply markup are exactly the \
                same as a current content and reply markup of the message";
    assert_eq!(
        words_of(edit("editMessageText", id, json!({ "text": "a" }))),
        same
    );
    let media = json!({ "type": "photo", "media": file_id });
    assert_eq!(
        words_of(edit(
            "editMessageMedia",
            photo_id,
            json!({ "media": media })
        )),
        same
    );
    for (method, id, more, words) in [
        (
            "editMessageText",
            photo_id,
            json!({ "text": "b" }),
            "there is no text in the message to edit",
        ),
        (
            "editMessageCaption",
            id,
            json!({ "caption": "b" }),
            "there is no caption in the message to edit",
        ),
        (
            "editMessageText",
            &json!(999),
            json!({ "text": "b" }),
            "message to edit not found",
        ),
        (
            "deleteMessage",
            &json!(999),
            json!({}),
            "message to delete not found",
        ),
    ] {
        assert_eq!(
            words_of(edit(method, id, more)),
            format!("Bad Request: {words}")
        );
    }
    edit("editMessageText", id, json!({ "text": "b" })).unwrap();
    edit("editMessageMedia", id, json!({ "media": media })).unwrap();
    edit("deleteMessage", id, json!({})).unwrap();
}

#[tokio::test]
async fn a_press_that_never_was_cannot_be_answered() {
    let double = double().await;
    let answer = |id: &str, text: &str| {
        let arguments = json!({ "callback_query_id": id, "text": text });
        double.perform(Call::new("answerCallbackQuery", arguments))
    };
    assert!(words_of(answer("query-0", "")).contains("query id is invalid"));
    assert!(words_of(answer("query-0", &"я".repeat(201))).contains("MESSAGE_TOO_LONG"));
}

#[tokio::test]
async fn methods_and_tokens_that_are_not_there_are_told_in_the_shape_of_the_api() {
    let double = double().await;
    let unknown = double.perform(Call::new("sendPigeon", json!({})));
    assert_eq!(unknown.unwrap_err().code, 404);
    let stranger = Bot::new("1:another").set_api_url(double.url().parse().unwrap());
    let refused = stranger.get_me().await.unwrap_err();
    assert!(
        matches!(refused, RequestError::Api(ApiError::InvalidToken)),
        "{refused}"
    );
    client(&double).get_me().await.unwrap();
}

#[tokio::test]
async fn files_arrive_over_http_and_every_call_is_recorded() {
    let double = double().await;
    let bot = client(&double);
    let chat = teloxide::types::ChatId(17);
    let file = InputFile::memory(png(64, 32)).file_name("picture.png");
    let request = bot.send_photo(chat, file).caption("<i>a</i>");
    let sent = request.parse_mode(ParseMode::Html).await.unwrap();
    let size = &sent.photo().unwrap()[0];
    assert_eq!((size.width, size.height), (64, 32));
    assert_eq!(sent.caption(), Some("a"));
    // Telegram's own name of it is as good as the bytes.
    let again = InputFile::file_id(size.file.id.clone());
    bot.send_photo(chat, again).await.unwrap();
    let calls = double.calls_of("sendPhoto");
    assert_eq!(calls.len(), 2);
    assert_eq!(
        (calls[0].call.files.len(), calls[1].call.files.len()),
        (1, 0)
    );
}

#[tokio::test]
async fn refusals_over_http_have_their_status_and_their_pause() {
    let double = double().await;
    let bot = client(&double);
    let chat = teloxide::types::ChatId(17);
    double.order(super::double::Order {
        method: "sendMessage",
        chat: Some(17),
        times: 1,
        refusal: Refusal::too_many(7),
    });
    let refused = bot.send_message(chat, "a").await.unwrap_err();
    let RequestError::RetryAfter(pause) = refused else {
        panic!("{refused}");
    };
    assert_eq!(pause.seconds(), 7);
    double.person(18, "ru").blocks_the_bot();
    let refused = bot.send_message(teloxide::types::ChatId(18), "a").await;
    assert!(matches!(
        refused,
        Err(RequestError::Api(ApiError::BotBlocked))
    ));
    assert_eq!(double.recorded().last().unwrap().status, 403);
}

#[tokio::test]
async fn updates_are_given_until_they_are_confirmed_and_to_one_program_only() {
    let double = double().await;
    let person = double.person(17, "ru");
    person.says("a");
    let bot = client(&double);
    let first = bot.get_updates().await.unwrap();
    let again = bot.get_updates().await.unwrap();
    assert_eq!((first.len(), again.len()), (1, 1));
    let confirmed = bot
        .get_updates()
        .offset(first[0].id.as_offset())
        .await
        .unwrap();
    assert!(confirmed.is_empty());

    let waiting = tokio::spawn(async move { bot.get_updates().timeout(20).await });
    while double.calls_of("getUpdates").len() < 3 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let second = client(&double).get_updates().await.unwrap();
    assert!(second.is_empty());
    let ended = waiting.await.unwrap().unwrap_err();
    let is_conflict = matches!(
        ended,
        RequestError::Api(ApiError::TerminatedByOtherGetUpdates)
    );
    assert!(is_conflict, "{ended}");

    let arguments = json!({ "url": "https://bot.example/hook" });
    double.perform(Call::new("setWebhook", arguments)).unwrap();
    let beside = client(&double).get_updates().await.unwrap_err();
    assert!(beside.to_string().contains("webhook is active"), "{beside}");
    let plain = Call::new("setWebhook", json!({ "url": "http://bot.example/hook" }));
    assert!(words_of(double.perform(plain)).contains("HTTPS URL"));
}
