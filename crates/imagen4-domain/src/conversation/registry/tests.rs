//! Tests of the registry.

use proptest::prelude::*;

use super::*;

const HANDLER: Handler = Handler::Menu;

fn callback(form: &str) -> Trigger {
    Trigger::Callback(form.parse().unwrap())
}

fn with(forms: &[&str]) -> Result<Registry, RouteError> {
    let mut registry = Registry::new();
    for form in forms {
        registry.add(callback(form), HANDLER)?;
    }
    Ok(registry)
}

#[test]
fn the_conversation_answers_to_every_callback_of_the_design_and_to_nothing_twice() {
    let registry = Registry::of_the_conversation().unwrap();
    let names: Vec<_> = registry
        .routes()
        .iter()
        .map(|route| route.trigger.to_string())
        .collect();
    assert_eq!(
        names,
        [
            "imagen4_menu",
            "imagen4_prompt",
            "imagen4_aspect_ratio:{ratio}",
            "imagen4_regenerate:{id}",
            "generation_status:{id}",
            "my_gallery",
            "my_gallery_return:{id}",
            "gallery_image_prev",
            "gallery_image_next",
            "gallery_full_prompt:{id}",
            "gallery_favorite:{id}",
            "gallery_delete:{id}",
            "gallery_delete_confirm:{id}",
            "gallery_regenerate:{id}",
            "gallery_filters",
            "gallery_type:{kind}",
            "gallery_date:{range}",
            "gallery_reset_filters",
            "gallery_stats",
            "/start",
            "/menu",
            "/gallery",
            "/cancel",
            "idle",
            "waiting_for_prompt",
            "choosing_ratio",
            "waiting_for_days",
        ]
    );
}

#[test]
fn each_callback_leads_to_its_own_handler() {
    let registry = Registry::of_the_conversation().unwrap();
    for name in CallbackName::ALL {
        let (text, argument) = match name.form().split_once('{') {
            Some((start, _)) => (format!("{start}x"), "x"),
            None => (name.form().to_owned(), ""),
        };
        assert_eq!(
            registry.callback(&text),
            Some((Handler::Callback(name), argument))
        );
    }
    assert_eq!(registry.callback("my_gallery_"), None);
    assert_eq!(registry.command("start"), Some(Handler::Menu));
    assert_eq!(registry.command("stop"), None);
    assert_eq!(
        registry.text(StepName::ChoosingRatio),
        Some(Handler::TakePrompt)
    );
}

#[test]
fn duplicates_are_refused() {
    let error = with(&["my_gallery", "my_gallery"]).unwrap_err();
    assert_eq!(error.to_string(), "my_gallery is registered twice");
    for trigger in [Trigger::Command("start"), Trigger::Text(StepName::Idle)] {
        let mut registry = Registry::of_the_conversation().unwrap();
        let before = registry.clone();
        let error = registry.add(trigger, HANDLER).unwrap_err();
        assert!(matches!(error, RouteError::Duplicate { .. }));
        assert_eq!(registry, before);
    }
}

#[test]
fn what_another_route_always_catches_first_is_refused() {
    for forms in [
        ["my_gallery{rest}", "my_gallery_return:{id}"],
        ["gallery_{rest}", "gallery_stats"],
        ["a:{id}", "a:{name}"],
    ] {
        let error = with(&forms).unwrap_err();
        let RouteError::Shadowed { trigger, by } = error else {
            panic!("{error}");
        };
        assert_eq!([by.as_str(), trigger.as_str()], forms);
    }
    // The other way round each is reached.
    for forms in [
        ["my_gallery_return:{id}", "my_gallery{rest}"],
        ["gallery_stats", "gallery_{rest}"],
        ["a:{id}", "a:"],
        ["gallery_delete:{id}", "gallery_delete_confirm:{id}"],
    ] {
        assert!(with(&forms).is_ok(), "{forms:?}");
    }
}

#[test]
fn what_is_no_pattern_is_refused() {
    for form in ["", "{id}", "a{", "a}", "a{}", "a{b}c", "a{b}{c}", "a{{b}}"] {
        let error = form.parse::<Pattern>().unwrap_err();
        assert!(matches!(error, RouteError::Malformed { .. }), "{form:?}");
    }
}

proptest! {
    #[test]
    fn every_route_that_was_taken_can_be_reached(forms in prop::collection::vec("[ab]{1,4}(\\{x\\})?", 1..12)) {
        let mut registry = Registry::new();
        let names = CallbackName::ALL;
        let mut taken = Vec::new();
        for (form, name) in forms.iter().zip(names) {
            if registry.add(callback(form), Handler::Callback(name)).is_ok() {
                taken.push((form.replace("{x}", "~"), name));
            }
        }
        for (text, name) in taken {
            let found = registry.callback(&text).map(|(handler, _)| handler);
            prop_assert_eq!(found, Some(Handler::Callback(name)), "{}", text);
        }
    }
}
