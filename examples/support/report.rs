//! What a program prints about its pictures.

#![expect(clippy::print_stdout, reason = "a program talks on the terminal")]

use assembly::{Services, Settings};
use cache::CacheKey;
use comfy_table::Table;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use imagen4_domain::{Generation, PictureState, PictureView};

/// Prints which stand-ins are in use and which names mean nothing, a line each.
pub(crate) fn settings(settings: &Settings) {
    if let Some(line) = settings.stand_ins() {
        println!("{line}");
    }
    for (name, instead) in settings.unused_names() {
        println!("setting {name} means nothing here; {instead}");
    }
    for (name, nearest) in settings.unknown_names() {
        match nearest {
            Some(nearest) => println!("setting {name} is unknown; is {nearest} meant?"),
            None => println!("setting {name} is unknown"),
        }
    }
}

/// Prints a table with a row for each picture.
pub(crate) fn pictures(generation: &Generation, views: &[PictureView]) {
    let mut table = Table::new();
    table
        .load_style(UTF8_HORIZONTAL_ONLY)
        .set_header(["", "where", "type", "size", "pixels"]);
    for view in views {
        let number = view.number.to_string();
        match &view.state {
            PictureState::Stored(stored) => table.add_row([
                number,
                stored.object.to_string(),
                stored.content_type.clone(),
                format!("{} KiB", stored.size_bytes.div_ceil(1024)),
                format!("{} × {}", stored.width, stored.height),
            ]),
            PictureState::Fallback(fallback) => table.add_row([
                number,
                format!(
                    "fallback until {}: {}",
                    fallback.dies_at.format("%F %T UTC"),
                    fallback.reason
                ),
            ]),
            PictureState::Unobtainable { reason } => {
                table.add_row([number, format!("not to be had: {reason}")])
            }
        };
    }
    println!("{} by {}", generation.id(), generation.model_used());
    println!("{table}");
}

/// Prints a link for each picture that has one, with its end.
pub(crate) fn links(views: &[PictureView], services: &Services, serve: bool) {
    // A link that is dead as soon as it is printed is worse than none.
    let lives_on = |state: &PictureState| match state {
        PictureState::Stored(_) => serve || !services.serves_its_own_links(),
        _ => serve || !services.has_its_own_fal(),
    };
    for view in views {
        if let Some(link) = view.link.as_ref().filter(|_| lives_on(&view.state)) {
            let end = link.expires_at().format("%F %T UTC");
            println!("{}  opens until {end}: {}", view.number, link.expose());
        }
    }
    if !views.iter().all(|view| lives_on(&view.state)) {
        println!("links that this program serves itself are shown with --serve");
    }
}

/// Prints where the pictures, the record and its copy are; of the copy only what the cache itself says.
pub(crate) async fn whereabouts(generation: &Generation, services: &Services, settings: &Settings) {
    let key = format!("imagen4:generation:{}", generation.id());
    let life = match CacheKey::new(&key) {
        Ok(key) => services.cache().ttl(&key).await.ok().flatten(),
        Err(_) => None,
    };
    let pictures = generation.pictures();
    let stored = pictures
        .iter()
        .filter(|picture| matches!(picture.state, PictureState::Stored(_)));
    println!(
        "{} of {} stored in {}",
        stored.count(),
        pictures.len(),
        settings.pictures_at()
    );
    println!("recorded in {}", settings.records_at());
    match life {
        Some(life) => println!(
            "cached in {} as {key} for {} s",
            settings.cache_at(),
            life.as_secs()
        ),
        None => println!("not cached: {} does not have it", settings.cache_at()),
    }
}
