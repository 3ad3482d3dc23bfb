//! The catalogue keeps its own rules.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_entry_becomes_a_model() {
    let catalogue = Catalogue::default();
    assert_eq!(catalogue.iter().count(), data::ENTRIES.len());
    let names: Vec<_> = catalogue.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(
        names,
        [
            "fal-ai/imagen4/preview",
            "fal-ai/imagen4/preview/fast",
            "fal-ai/imagen4/preview/ultra",
            "fal-ai/nano-banana",
            "fal-ai/nano-banana-2",
        ]
    );
}

#[test]
fn names_and_aliases_are_unique() {
    let catalogue = Catalogue::default();
    let mut seen = BTreeSet::new();
    for model in &catalogue {
        assert!(seen.insert(model.id.as_str().to_owned()));
        for alias in &model.aliases {
            assert!(seen.insert(alias.clone()), "{alias}");
        }
    }
}

#[test]
fn a_successor_is_known_is_alive_and_takes_at_least_the_same() {
    let catalogue = Catalogue::default();
    for model in &catalogue {
        assert_eq!(
            model.retired_since.is_some(),
            model.successor.is_some(),
            "{}",
            model.id
        );
        let Some(successor) = &model.successor else {
            continue;
        };
        let successor = catalogue.get(successor).unwrap();
        assert!(successor.retired_since.is_none());
        let (old, new) = (&model.inputs, &successor.inputs);
        assert!(
            old.aspect_ratios
                .iter()
                .all(|ratio| new.aspect_ratios.contains(ratio))
        );
        assert!(
            old.output_formats
                .iter()
                .all(|format| new.output_formats.contains(format))
        );
        assert!(old.max_images <= new.max_images && old.seed <= new.seed);
    }
}

#[test]
fn models_are_found_by_name_and_alias_only() {
    let catalogue = Catalogue::default();
    assert_eq!(
        catalogue.find("imagen4").unwrap().id.as_str(),
        "fal-ai/imagen4/preview"
    );
    assert!(catalogue.find("fal-ai/nano-banana-2").is_ok());
    let error = catalogue.find("fal-ai/imagen4/ultra").unwrap_err();
    assert_eq!(error.field(), "model");
    assert!(
        error.rule().contains("fal-ai/imagen4/preview/ultra"),
        "{error}"
    );
}

#[test]
fn prices_are_whole_micro_dollars() {
    let catalogue = Catalogue::default();
    let price = |name| catalogue.find(name).unwrap().price.of(4);
    assert_eq!(price("imagen4"), 160_000);
    assert_eq!(price("imagen4-fast"), 80_000);
    assert_eq!(price("imagen4-ultra"), 240_000);
}

#[test]
fn an_entry_of_ones_own_takes_the_place_of_the_old_one() {
    let catalogue = Catalogue::default();
    let mut own = catalogue.find("imagen4").unwrap().clone();
    own.inputs.max_images = 1;
    let catalogue = catalogue.with(own);
    assert_eq!(catalogue.iter().count(), 5);
    assert_eq!(catalogue.find("imagen4").unwrap().inputs.max_images, 1);
}
