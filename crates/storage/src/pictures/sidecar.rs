//! The key of the small file that stands beside a picture.

use std::str::FromStr;

use super::key::PictureKey;
use crate::name::{NameError, ObjectKey};

/// Ends the key of a sidecar; what stands before it is the key of its picture.
const SUFFIX: &str = ".json";

/// Returns the key of the sidecar of the picture at `picture`: `{picture key}.json`.
///
/// # Errors
///
/// [`NameError`] when the key with its suffix is too long.
pub(super) fn sidecar_of(picture: &ObjectKey) -> Result<ObjectKey, NameError> {
    ObjectKey::from_str(&format!("{picture}{SUFFIX}"))
}

/// Returns the key of the picture that `key` is the sidecar of, or `None` when it is no sidecar.
pub(super) fn picture_of(key: &ObjectKey) -> Option<ObjectKey> {
    let picture: ObjectKey = key.as_str().strip_suffix(SUFFIX)?.parse().ok()?;
    PictureKey::parse(&picture).map(|_| picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sidecar_gives_back_its_picture_and_nothing_else_does() {
        let picture: ObjectKey = "2026/03/01/abc_1.png".parse().unwrap();
        let sidecar = sidecar_of(&picture).unwrap();
        assert_eq!(sidecar.as_str(), "2026/03/01/abc_1.png.json");
        assert_eq!(picture_of(&sidecar), Some(picture));
        for other in [
            "2026/03/01/abc_1.png",
            "abc_1.png.json",
            "2026/03/01/notes.json",
        ] {
            assert_eq!(picture_of(&other.parse().unwrap()), None, "{other}");
        }
    }
}
