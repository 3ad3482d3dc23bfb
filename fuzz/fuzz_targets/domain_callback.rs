//! Any text as what a button gives back or what somebody writes: one meaning, or none, and never a panic.
#![no_main]

use std::sync::LazyLock;

use imagen4_domain::conversation::{
    Callback, CallbackName, Handler, Language, MAX_CALLBACK_BYTES, Registry, Style, Text,
};
use imagen4_domain::{Days, GalleryCursor, MAX_DAYS, Prompt, PromptPolicy, WordList};
use libfuzzer_sys::fuzz_target;

static REGISTRY: LazyLock<Registry> =
    LazyLock::new(|| Registry::of_the_conversation().expect("the routes of the program"));
static POLICY: LazyLock<WordList> = LazyLock::new(|| WordList::new(["sex", "red square"]));

fuzz_target!(|text: &str| {
    button(text);
    // Most texts get no further than the name; these begin behind it.
    for name in CallbackName::ALL {
        let start = name.form().split('{').next().unwrap_or_default();
        button(&format!("{start}{text}"));
    }
    days(text);
    cursor(text);
    prompt(text);
    markup(text);
    let _ = Language::of_tag(Some(text));
});

/// A button has one meaning on both ways to it, and one text.
fn button(text: &str) {
    let read = Callback::read(text);
    let led = match REGISTRY.callback(text) {
        Some((Handler::Callback(name), argument)) => name.with(argument),
        _ => None,
    };
    assert_eq!(led, read);
    if let Some(callback) = read {
        assert_eq!(callback.to_string(), text);
        assert!((1..=MAX_CALLBACK_BYTES).contains(&text.len()));
    }
}

/// Days that somebody writes are lawful, and mean the same in every form.
fn days(text: &str) {
    let Some(days) = Days::read(text) else { return };
    let Days::Range(range) = days else {
        panic!("{days} is no pair of days");
    };
    let between = (range.last() - range.first()).num_days();
    assert!((0..MAX_DAYS).contains(&between));
    assert_eq!(days.to_string().parse(), Ok(days));
    assert_eq!(Days::read(&days.to_string()), Some(days));
}

fn cursor(text: &str) {
    if let Ok(cursor) = text.parse::<GalleryCursor>() {
        assert_eq!(cursor.to_string(), text);
    }
}

fn prompt(text: &str) {
    let Ok(prompt) = text.parse::<Prompt>() else {
        return;
    };
    assert!((3..=2000).contains(&prompt.as_str().chars().count()));
    // What is refused or not is no matter here, only that there is an answer.
    drop(POLICY.check(&prompt));
}

/// No text breaks the markup around it.
fn markup(text: &str) {
    let html = Text::new("").with(text, Style::Bold).to_html();
    let inner = html
        .strip_prefix("<b>")
        .and_then(|rest| rest.strip_suffix("</b>"));
    let inner = inner.unwrap_or_default();
    assert!(!inner.contains(['<', '>']));
    let back = inner
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    assert_eq!(back, text);
}
