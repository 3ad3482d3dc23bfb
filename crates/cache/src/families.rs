//! The registry of everything that is cached: one entry for each family of keys.

mod key;

use std::fmt::{self, Display};
use std::num::NonZeroU16;

use crate::{FamilyOptions, Ttl};

pub use key::FamilyKey;

/// Declares the families: what is named here has a variant, a place in [`Family::ALL`] and a declaration, and nothing
/// else has. `Keys::add` in `user_keys.rs` must say which keys of a family are a user's before it compiles.
macro_rules! families {
    ($($(#[$documentation:meta])+ $family:ident = $spec:ident;)+) => {
        /// A family of keys. Each is declared once, in [`Family::spec`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Family {
            $($(#[$documentation])+ $family,)+
        }

        impl Family {
            /// Every family, in the order of the documentation.
            pub const ALL: [Self; [$(Self::$family),+].len()] = [$(Self::$family),+];

            /// Returns what is declared about the family.
            pub const fn spec(self) -> &'static FamilySpec {
                match self {
                    $(Self::$family => &$spec,)+
                }
            }
        }
    };
}

families! {
    /// One generation's record.
    Generation = GENERATION;
    /// The ids of a user's newest generations.
    UserGenerations = USER_GENERATIONS;
    /// One page of a user's gallery under one filter.
    GalleryPage = GALLERY_PAGE;
    /// The version of a user's gallery, which its pages carry in their keys.
    GalleryVersion = GALLERY_VERSION;
    /// The hashes of the gallery pages that were kept for a user, so that an erasure finds them.
    GalleryPages = GALLERY_PAGES;
    /// Where the dialogue of a bot with a user stands.
    Dialogue = DIALOGUE;
    /// A signed link to an object.
    SignedLink = SIGNED_LINK;
}

/// What is declared about a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FamilySpec {
    /// The name, for labels of metrics.
    pub name: &'static str,
    /// The form of the key, with `{part}` for each part.
    pub form: &'static str,
    /// The exact life; for a list and a version it counts from their last change.
    pub ttl: Ttl,
    /// The version of the value's form; values of another version are a miss. Raise it with each change that
    /// an older program could misread.
    pub value_version: u32,
    /// The most ids of a list; `None` for what is no list.
    pub cap: Option<NonZeroU16>,
    /// How it is loaded and kept beyond its exact life; everything is off unless it says so here.
    pub options: FamilyOptions,
    /// Who writes it.
    pub owner: &'static str,
    /// Who removes or changes it, and when.
    pub invalidated_by: &'static str,
}

const GENERATION: FamilySpec = FamilySpec {
    name: "generation",
    form: "imagen4:generation:{id}",
    ttl: Ttl::of_seconds(3_600),
    value_version: 1,
    cap: None,
    options: FamilyOptions::EXACT,
    owner: "whoever reads a generation's record",
    invalidated_by: "each committed change of the record, and its erasure",
};

const USER_GENERATIONS: FamilySpec = FamilySpec {
    name: "user_generations",
    form: "imagen4:user_generations:{user_id}",
    ttl: Ttl::of_seconds(24 * 3_600),
    value_version: 1,
    cap: NonZeroU16::new(50),
    options: FamilyOptions::EXACT,
    owner: "whoever reads a user's newest generations",
    invalidated_by: "each new generation (push), each deletion (remove), the user's erasure (forget)",
};

const GALLERY_PAGE: FamilySpec = FamilySpec {
    name: "gallery_page",
    form: "gallery:filtered:{user_id}:{filter_hash}",
    ttl: Ttl::of_seconds(5 * 60),
    value_version: 1,
    cap: None,
    options: FamilyOptions::EXACT,
    owner: "whoever shows a page of the gallery",
    invalidated_by: "a bump of the user's gallery version, after which no reader asks for the key again",
};

/// The version lives much longer than a page: a page never meets a version that was lost and begun anew.
const GALLERY_VERSION: FamilySpec = FamilySpec {
    name: "gallery_version",
    form: "gallery:version:{user_id}",
    ttl: Ttl::of_seconds(24 * 3_600),
    value_version: 1,
    cap: None,
    options: FamilyOptions::EXACT,
    owner: "whoever shows a page of the gallery",
    invalidated_by: "each creation, deletion and change of a favourite (bump)",
};

/// The list outlives each page that it names, since a page is named before it is loaded.
const GALLERY_PAGES: FamilySpec = FamilySpec {
    name: "gallery_pages",
    form: "gallery:pages:{user_id}",
    ttl: Ttl::of_seconds(15 * 60),
    value_version: 1,
    cap: NonZeroU16::new(500),
    options: FamilyOptions::EXACT,
    owner: "whoever shows a page of the gallery",
    invalidated_by: "the user's erasure (forget)",
};

const DIALOGUE: FamilySpec = FamilySpec {
    name: "dialogue",
    form: "imagen4:dialogue:{user_id}",
    ttl: Ttl::of_seconds(3_600),
    value_version: 1,
    cap: None,
    options: FamilyOptions::EXACT,
    owner: "the conversation of a bot",
    invalidated_by: "each step of the dialogue, which replaces it, and the user's erasure",
};

/// The life is the longest; [`FamilyKey::signed_link`] cuts it to what is left of the link's own.
const SIGNED_LINK: FamilySpec = FamilySpec {
    name: "signed_link",
    form: "link:{object_hash}",
    ttl: Ttl::of_seconds(24 * 3_600),
    value_version: 1,
    cap: None,
    options: FamilyOptions::EXACT,
    owner: "whoever signs links",
    invalidated_by: "the object's deletion; otherwise it ends before the link does",
};

impl Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spec().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lives_and_caps_are_those_of_the_contract() {
        let table: Vec<_> = Family::ALL
            .iter()
            .map(|family| {
                let spec = family.spec();
                let cap = spec.cap.map(NonZeroU16::get);
                (spec.form, spec.ttl.as_duration().as_secs(), cap)
            })
            .collect();
        assert_eq!(
            table,
            [
                ("imagen4:generation:{id}", 3_600, None),
                ("imagen4:user_generations:{user_id}", 86_400, Some(50)),
                ("gallery:filtered:{user_id}:{filter_hash}", 300, None),
                ("gallery:version:{user_id}", 86_400, None),
                ("gallery:pages:{user_id}", 900, Some(500)),
                ("imagen4:dialogue:{user_id}", 3_600, None),
                ("link:{object_hash}", 86_400, None),
            ]
        );
    }

    #[test]
    fn no_two_families_share_a_name_or_a_form() {
        for part in [|spec: &FamilySpec| spec.name, |spec: &FamilySpec| spec.form] {
            let mut texts = Family::ALL.map(|family| part(family.spec())).to_vec();
            texts.sort_unstable();
            texts.dedup();
            assert_eq!(texts.len(), Family::ALL.len());
        }
    }

    #[test]
    fn lives_are_exact_unless_a_family_says_otherwise() {
        for family in Family::ALL {
            assert_eq!(family.spec().options, FamilyOptions::EXACT, "{family}");
        }
    }
}
