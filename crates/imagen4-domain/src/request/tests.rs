//! Requests are checked field by field, and a model gets only what it takes.

use serde_json::json;

use super::*;
use crate::{Catalogue, Imagen4Settings};

fn check(draft: &RequestDraft) -> Result<GenerationRequest, InputError> {
    draft.check(&Catalogue::default(), &Imagen4Settings::default())
}

fn draft() -> RequestDraft {
    RequestDraft::new("a lighthouse at dawn")
}

#[test]
fn what_is_left_out_comes_from_the_settings() {
    let request = check(&draft()).unwrap();
    assert_eq!(request.model().as_str(), "fal-ai/imagen4/preview");
    assert_eq!(request.aspect_ratio(), AspectRatio::SQUARE);
    assert_eq!((request.images(), request.seed()), (ImageCount::ONE, None));
    assert_eq!(request.output_format(), OutputFormat::Png);
}

#[test]
fn every_broken_rule_names_its_field() {
    for (wrong, field) in [
        (RequestDraft::new("ab"), "prompt"),
        (RequestDraft::new("bell\u{7}"), "prompt"),
        (draft().with_model("dall-e"), "model"),
        (draft().with_aspect_ratio("wide"), "aspect_ratio"),
        (draft().with_aspect_ratio("21:9"), "aspect_ratio"),
        (draft().with_images(0), "images"),
        (draft().with_images(5), "images"),
        (draft().with_images(u32::MAX), "images"),
        (draft().with_output_format("bmp"), "output_format"),
        (draft().with_negative_prompt("people"), "negative_prompt"),
    ] {
        assert_eq!(check(&wrong).unwrap_err().field(), field, "{wrong:?}");
    }
}

#[test]
fn a_ratio_that_the_model_does_not_offer_lists_those_it_does() {
    let error = check(&draft().with_aspect_ratio("21:9")).unwrap_err();
    assert!(
        error.rule().contains("1:1, 16:9, 9:16, 4:3, 3:4"),
        "{error}"
    );
    assert!(check(&draft().with_model("nano-banana").with_aspect_ratio("21:9")).is_ok());
}

#[test]
fn the_setting_lowers_the_number_of_pictures() {
    let settings = Imagen4Settings::default().with_max_images(2);
    let error = draft()
        .with_images(3)
        .check(&Catalogue::default(), &settings);
    assert_eq!(error.unwrap_err().rule(), "must be 1 to 2");
}

#[test]
fn the_input_is_what_the_model_takes() {
    let request = check(&draft().with_images(3).with_seed(7)).unwrap();
    let catalogue = Catalogue::default();
    let mut model = catalogue.find("imagen4").unwrap().clone();
    let full = json!({
        "prompt": "a lighthouse at dawn", "aspect_ratio": "1:1", "num_images": 3, "seed": 7,
        "output_format": "png",
    });
    assert_eq!(request.input_for(&model).unwrap(), full);
    model.inputs.seed = false;
    assert!(request.input_for(&model).unwrap().get("seed").is_none());
    model.inputs.max_images = 2;
    assert_eq!(request.input_for(&model).unwrap_err().field(), "images");
}

#[test]
fn a_negative_prompt_goes_to_a_model_that_takes_one() {
    let catalogue = Catalogue::default();
    let mut model = catalogue.find("imagen4").unwrap().clone();
    model.inputs.negative_prompt = true;
    let catalogue = catalogue.with(model.clone());
    let draft = draft().with_negative_prompt("people");
    let request = draft
        .check(&catalogue, &Imagen4Settings::default())
        .unwrap();
    assert_eq!(
        request.input_for(&model).unwrap()["negative_prompt"],
        "people"
    );
}

#[test]
fn a_recorded_request_with_a_broken_rule_is_not_read() {
    let request = serde_json::to_value(check(&draft()).unwrap()).unwrap();
    for (field, wrong) in [
        ("images", json!(5)),
        ("prompt", json!("ab")),
        ("aspect_ratio", json!("wide")),
        ("model", json!("../x")),
    ] {
        let mut changed = request.clone();
        changed[field] = wrong;
        assert!(
            serde_json::from_value::<GenerationRequest>(changed).is_err(),
            "{field}"
        );
    }
}
