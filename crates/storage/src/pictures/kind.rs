//! The kinds of pictures.

use std::fmt;

/// What a picture is for; decides its bucket and folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PictureKind {
    /// Made by Imagen 4.
    Imagen4,
    /// Made by any other model.
    Generated,
    /// Uploaded by a user as their avatar.
    Avatar,
    /// Kept for a while only; the bucket's lifecycle removes it.
    Temporary,
}

impl PictureKind {
    /// Every kind once.
    pub const ALL: [Self; 4] = [
        Self::Imagen4,
        Self::Generated,
        Self::Avatar,
        Self::Temporary,
    ];

    /// Returns the name of the kind in lower case, such as `imagen4`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imagen4 => "imagen4",
            Self::Generated => "generated",
            Self::Avatar => "avatar",
            Self::Temporary => "temporary",
        }
    }

    /// Returns the kind of a picture that a generation of the type `text` made.
    ///
    /// `imagen4` is [`Imagen4`](Self::Imagen4); every other text is [`Generated`](Self::Generated), so
    /// that a type nobody has heard of is stored all the same.
    pub fn of_generation_type(text: &str) -> Self {
        match text {
            "imagen4" => Self::Imagen4,
            _ => Self::Generated,
        }
    }
}

impl fmt::Display for PictureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generation_type_decides_the_kind() {
        for (text, kind) in [
            ("imagen4", PictureKind::Imagen4),
            ("generated", PictureKind::Generated),
            ("flux", PictureKind::Generated),
            ("Imagen4", PictureKind::Generated),
            ("avatar", PictureKind::Generated),
            ("", PictureKind::Generated),
        ] {
            assert_eq!(PictureKind::of_generation_type(text), kind, "{text:?}");
        }
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let names: std::collections::HashSet<_> =
            PictureKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(names.len(), PictureKind::ALL.len());
    }
}
