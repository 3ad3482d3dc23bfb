//! Keys of pictures, built from typed parts and read back.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use super::bucket_map::Folder;
use super::format::ImageFormat;
use super::key_policy::{KeyLayout, Shard, Tenant};
use crate::name::{NameError, ObjectKey};

/// The longest id of a generation, in bytes.
const MAX_ID_BYTES: usize = 128;

/// The file name of a picture: `{generation_id}_{number}.{extension}`.
///
/// - the id has 1 to 128 of `a-z`, `A-Z`, `0-9`, `-` and `_`
/// - the number is 1 to 99 and is written without a leading zero
/// - the extension is the format's, so that it never lies
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureName {
    generation: String,
    number: u8,
    format: ImageFormat,
}

impl PictureName {
    /// Returns the name of picture `number` of the generation with this id.
    ///
    /// # Errors
    ///
    /// [`NameError`] names the rule that is broken.
    pub fn new(generation_id: &str, number: u8, format: ImageFormat) -> Result<Self, NameError> {
        let lawful = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=MAX_ID_BYTES).contains(&generation_id.len()) || !generation_id.bytes().all(lawful)
        {
            let rule = "it must be 1 to 128 of letters, digits, '-' and '_'";
            return Err(NameError::new(generation_id, "generation id", rule));
        }
        if !(1..=99).contains(&number) {
            return Err(NameError::new(
                number,
                "picture number",
                "it must be 1 to 99",
            ));
        }
        Ok(Self {
            generation: generation_id.to_owned(),
            number,
            format,
        })
    }

    /// Returns the id of the generation.
    pub fn generation_id(&self) -> &str {
        &self.generation
    }

    /// Returns the number of the picture within its generation.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Returns the format.
    pub fn format(&self) -> ImageFormat {
        self.format
    }

    fn parse(text: &str) -> Option<Self> {
        let (stem, extension) = text.rsplit_once('.')?;
        let (generation, number) = stem.rsplit_once('_')?;
        let number = match number.as_bytes() {
            [b'1'..=b'9'] | [b'0'..=b'9', b'0'..=b'9'] => number.parse().ok()?,
            _ => return None,
        };
        Self::new(generation, number, ImageFormat::of_extension(extension)?).ok()
    }
}

impl fmt::Display for PictureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}.{}", self.generation, self.number, self.format)
    }
}

/// The key of a picture: `[folder/][tenant-{name}/][{shard}/]YYYY/MM/DD/{generation_id}_{number}.{extension}`.
///
/// The date is the UTC date of the generation's creation, in the years 1 to 9999.
/// Tenant and shard are there when the [`KeyLayout`] says so.
/// Different parts give different keys, and a key gives back its parts, whatever layout it was written in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureKey {
    folder: Option<Folder>,
    layout: KeyLayout,
    date: NaiveDate,
    name: PictureName,
}

/// The parts of a key that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParsedKey {
    /// The folder before everything else; the older `generated/` is one.
    pub folder: Option<Folder>,
    /// The tenant whose prefix the key has.
    pub tenant: Option<Tenant>,
    /// The shard before the date; it is that of id and number, or it would be a folder.
    pub shard: Option<Shard>,
    /// The UTC date of the generation's creation.
    pub date: NaiveDate,
    /// The id of the generation.
    pub generation_id: String,
    /// The number of the picture within its generation.
    pub number: u8,
    /// The format that the extension names.
    pub format: ImageFormat,
}

impl ParsedKey {
    /// Returns the layouts that the pictures beside this one may have: those of its tenant, first without a
    /// shard and then with one.
    pub(super) fn layouts(&self) -> [KeyLayout; 2] {
        [KeyLayout::by_date(), KeyLayout::sharded()].map(|layout| match &self.tenant {
            Some(tenant) => layout.with_tenant(tenant.clone()),
            None => layout,
        })
    }
}

impl PictureKey {
    /// Returns the key with these parts, laid out by date alone.
    pub fn new(folder: Option<Folder>, date: NaiveDate, name: PictureName) -> Self {
        Self {
            folder,
            layout: KeyLayout::by_date(),
            date,
            name,
        }
    }

    /// Returns the key in another layout.
    #[must_use]
    pub fn with_layout(mut self, layout: KeyLayout) -> Self {
        self.layout = layout;
        self
    }

    /// Returns the key as that of an object.
    ///
    /// # Errors
    ///
    /// [`NameError`] for a year outside 1 to 9999.
    pub fn to_object_key(&self) -> Result<ObjectKey, NameError> {
        if !(1..=9999).contains(&self.date.year()) {
            let rule = "the year must be 1 to 9999";
            return Err(NameError::new(self.date, "date of a picture", rule));
        }
        let text = self.to_string();
        ObjectKey::from_str(&text)
            .map_err(|error| NameError::new(&text, "key of a picture", error.rule()))
    }

    /// Returns the parts of `key`, or `None` when it is not the key of a picture.
    ///
    /// Every layout is read. Any folder is taken, numbers may have a leading zero (`_01`), and `jpeg` is read
    /// as `jpg`, since earlier writers wrote so.
    pub fn parse(key: &ObjectKey) -> Option<ParsedKey> {
        let mut parts = key.as_str().rsplitn(5, '/');
        let name = PictureName::parse(parts.next()?)?;
        let day = digits(parts.next()?, 2)?;
        let month = digits(parts.next()?, 2)?;
        let year = digits(parts.next()?, 4)?;
        let mut before = parts.next();
        let shard = Shard::of(&name.generation, name.number);
        let shard = take_last(&mut before, |segment| shard.is(segment).then_some(shard));
        let tenant = take_last(&mut before, Tenant::of_segment);
        Some(ParsedKey {
            folder: match before {
                Some(text) => Some(Folder::of_key(text)?),
                None => None,
            },
            tenant,
            shard,
            date: NaiveDate::from_ymd_opt(i32::from(year), month.into(), day.into())
                .filter(|date| date.year() > 0)?,
            generation_id: name.generation,
            number: name.number,
            format: name.format,
        })
    }
}

impl fmt::Display for PictureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(folder) = &self.folder {
            write!(f, "{folder}/")?;
        }
        let PictureName {
            generation, number, ..
        } = &self.name;
        let before = self.layout.prefix(generation, *number);
        write!(f, "{before}{}/{}", date_path(self.date), self.name)
    }
}

/// Returns a date as it stands in a key: `YYYY/MM/DD`.
pub(super) fn date_path(date: NaiveDate) -> String {
    format!("{:04}/{:02}/{:02}", date.year(), date.month(), date.day())
}

/// Takes the last segment off `text` when `read` makes something of it.
fn take_last<T>(text: &mut Option<&str>, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let whole = (*text)?;
    let (before, last) = match whole.rsplit_once('/') {
        Some((before, last)) => (Some(before), last),
        None => (None, whole),
    };
    let taken = read(last)?;
    *text = before;
    Some(taken)
}

fn digits(text: &str, count: usize) -> Option<u16> {
    let right = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<ParsedKey> {
        PictureKey::parse(&text.parse().unwrap())
    }

    #[test]
    fn older_forms_are_read() {
        for (text, folder, number) in [
            ("2026/03/01/abc-1_1.jpg", None, 1),
            ("2026/03/01/abc-1_01.jpg", None, 1),
            ("2026/03/01/abc-1_12.jpeg", None, 12),
            ("generated/2026/03/01/abc-1_1.jpg", Some("generated"), 1),
            ("a/b/2026/03/01/abc-1_1.jpg", Some("a/b"), 1),
            ("2025/01/01/2026/03/01/abc-1_1.jpg", Some("2025/01/01"), 1),
        ] {
            let parsed = parse(text).unwrap();
            assert_eq!(parsed.folder.as_ref().map(Folder::as_str), folder, "{text}");
            assert_eq!((parsed.tenant, parsed.shard), (None, None), "{text}");
            assert_eq!(parsed.number, number, "{text}");
            assert_eq!(parsed.generation_id, "abc-1");
            assert_eq!(parsed.date, NaiveDate::from_ymd_opt(2026, 3, 1).unwrap());
            assert_eq!(parsed.format, ImageFormat::Jpeg);
        }
    }

    #[test]
    fn every_layout_gives_back_its_parts_and_what_only_looks_like_one_is_a_folder() {
        // The shard of picture 1 of `abc` is d4.
        for (text, folder, tenant, shard) in [
            ("d4/2026/03/01/abc_1.png", None, None, true),
            (
                "tenant-acme/2026/03/01/abc_1.png",
                None,
                Some("acme"),
                false,
            ),
            (
                "tenant-acme/d4/2026/03/01/abc_1.png",
                None,
                Some("acme"),
                true,
            ),
            (
                "f/tenant-acme/d4/2026/03/01/abc_01.png",
                Some("f"),
                Some("acme"),
                true,
            ),
            ("f/d4/2026/03/01/abc_1.png", Some("f"), None, true),
            ("f/d5/2026/03/01/abc_1.png", Some("f/d5"), None, false),
            ("d5/2026/03/01/abc_1.png", Some("d5"), None, false),
            ("d4/2026/03/01/abc_2.png", Some("d4"), None, false),
            (
                "d4/tenant-acme/2026/03/01/abc_1.png",
                Some("d4"),
                Some("acme"),
                false,
            ),
            ("tenant-/2026/03/01/abc_1.png", Some("tenant-"), None, false),
            (
                "tenant-Acme/2026/03/01/abc_1.png",
                Some("tenant-Acme"),
                None,
                false,
            ),
            (
                "tenant-a/b/2026/03/01/abc_1.png",
                Some("tenant-a/b"),
                None,
                false,
            ),
        ] {
            let parsed = parse(text).unwrap();
            assert_eq!(parsed.folder.as_ref().map(Folder::as_str), folder, "{text}");
            assert_eq!(parsed.tenant.as_ref().map(Tenant::as_str), tenant, "{text}");
            assert_eq!(parsed.shard.is_some(), shard, "{text}");
        }
    }

    #[test]
    fn other_keys_are_none() {
        for text in [
            "abc_1.png",
            "2026/03/abc_1.png",
            "2026/3/1/abc_1.png",
            "2026/02/30/abc_1.png",
            "0000/01/01/abc_1.png",
            "+026/03/01/abc_1.png",
            "2026/03/01/abc.png",
            "2026/03/01/_1.png",
            "2026/03/01/abc_0.png",
            "2026/03/01/abc_00.png",
            "2026/03/01/abc_001.png",
            "2026/03/01/abc_+1.png",
            "2026/03/01/abc_100.png",
            "2026/03/01/abc_1.svg",
            "2026/03/01/abc_1.",
            "2026/03/01/abc_1",
            "2026/03/01/a.b_1.png",
            "2026/03/01/ä_1.png",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn bad_parts_name_the_rule() {
        for (id, number, rule) in [
            ("", 1, "128"),
            (&*"a".repeat(129), 1, "128"),
            ("a/b", 1, "letters"),
            ("..", 1, "letters"),
            ("a.b", 1, "letters"),
            ("a\0", 1, "letters"),
            ("a", 0, "1 to 99"),
            ("a", 100, "1 to 99"),
        ] {
            let error = PictureName::new(id, number, ImageFormat::Png).unwrap_err();
            assert!(error.rule().contains(rule), "{error}");
        }
    }

    #[test]
    fn years_outside_four_digits_are_refused() {
        for year in [-1, 0, 10_000] {
            let date = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            let name = PictureName::new("a", 1, ImageFormat::Png).unwrap();
            let error = PictureKey::new(None, date, name)
                .to_object_key()
                .unwrap_err();
            assert!(error.rule().contains("year"), "{error}");
        }
    }
}
