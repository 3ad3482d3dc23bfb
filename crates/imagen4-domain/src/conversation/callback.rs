//! What the buttons give back.

mod choice;

use std::fmt;

pub use choice::{DateButton, DateChoice, KindChoice};

use crate::{AspectRatio, GenerationId};

/// Declares the callbacks: each has its text here and nowhere else.
macro_rules! callbacks {
    ($($(#[$documentation:meta])+ $callback:ident $(($argument:ty))? = $form:literal;)+) => {
        /// What a button gives back when it is pressed.
        ///
        /// Its text has 64 bytes at most, whatever it carries.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Callback {
            $($(#[$documentation])+ $callback $(($argument))?,)+
        }

        /// A callback without what it carries: what a route leads to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CallbackName {
            $($(#[$documentation])+ $callback,)+
        }

        impl CallbackName {
            /// Every callback, in the order of the documentation.
            pub const ALL: [Self; [$(Self::$callback),+].len()] = [$(Self::$callback),+];

            /// Returns the form of the text, with `{part}` for what it carries.
            pub const fn form(self) -> &'static str {
                match self {
                    $(Self::$callback => $form,)+
                }
            }

            /// Returns the callback that carries `argument`; `None` when that cannot be read, or is not how our
            /// buttons write it.
            pub fn with(self, argument: &str) -> Option<Callback> {
                let callback = match self {
                    $(Self::$callback => callbacks!(@read $callback argument $($argument)?),)+
                };
                // What is read has one text, so that nothing is told apart by how it is written.
                let is_ours = |callback: &Callback| {
                    let text = callback.to_string();
                    text.strip_prefix(start_of(self.form())) == Some(argument)
                };
                callback.filter(is_ours)
            }
        }

        impl fmt::Display for Callback {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(callbacks!(@bind $callback argument $($argument)?) => {
                        callbacks!(@write f $form, argument $($argument)?)
                    })+
                }
            }
        }
    };
    (@read $callback:ident $text:ident) => {
        $text.is_empty().then_some(Callback::$callback)
    };
    (@read $callback:ident $text:ident $argument:ty) => {
        $text.parse::<$argument>().ok().map(Callback::$callback)
    };
    (@bind $callback:ident $name:ident) => { Self::$callback };
    (@bind $callback:ident $name:ident $argument:ty) => { Self::$callback($name) };
    (@write $f:ident $form:literal, $name:ident) => { $f.write_str($form) };
    (@write $f:ident $form:literal, $name:ident $argument:ty) => {
        write!($f, "{}{}", start_of($form), $name)
    };
}

callbacks! {
    /// Shows the menu.
    Menu = "imagen4_menu";
    /// Asks for a prompt.
    Prompt = "imagen4_prompt";
    /// Makes a picture of the prompt in this shape.
    AspectRatio(AspectRatio) = "imagen4_aspect_ratio:{ratio}";
    /// Makes another picture of the same prompt, from under a new picture.
    Regenerate(GenerationId) = "imagen4_regenerate:{id}";
    /// Tells where a generation stands.
    Status(GenerationId) = "generation_status:{id}";
    /// Shows the gallery from its newest picture on, with the filters that are set.
    Gallery = "my_gallery";
    /// Goes back to a picture of the gallery.
    GalleryReturn(GenerationId) = "my_gallery_return:{id}";
    /// Goes to the next newer picture.
    GalleryPrev = "gallery_image_prev";
    /// Goes to the next older picture.
    GalleryNext = "gallery_image_next";
    /// Shows the whole prompt.
    FullPrompt(GenerationId) = "gallery_full_prompt:{id}";
    /// Makes a picture a favourite, or no longer.
    Favourite(GenerationId) = "gallery_favorite:{id}";
    /// Asks whether a picture is really to be deleted.
    Delete(GenerationId) = "gallery_delete:{id}";
    /// Deletes it.
    DeleteConfirm(GenerationId) = "gallery_delete_confirm:{id}";
    /// Makes another picture of the same prompt, from the gallery.
    GalleryRegenerate(GenerationId) = "gallery_regenerate:{id}";
    /// Offers the filters.
    Filters = "gallery_filters";
    /// Shows pictures of one kind.
    Type(KindChoice) = "gallery_type:{kind}";
    /// Shows pictures of some days, or asks which ones.
    Date(DateButton) = "gallery_date:{range}";
    /// Shows all pictures again.
    ResetFilters = "gallery_reset_filters";
    /// Shows the figures.
    Stats = "gallery_stats";
}

/// Returns what stands before the part that a callback carries.
fn start_of(form: &str) -> &str {
    form.split('{').next().unwrap_or(form)
}

impl Callback {
    /// Reads the text of a button; `None` for what no button of ours says.
    pub fn read(text: &str) -> Option<Self> {
        CallbackName::ALL.into_iter().find_map(|name| {
            let rest = text.strip_prefix(start_of(name.form()))?;
            name.with(rest)
        })
    }
}

#[cfg(test)]
mod tests;
