//! The name under which a picture is downloaded, safe in a header and on a disk.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::format::ImageFormat;

/// The longest name, in bytes; the percent-encoded form of it fits into any server's header.
const MAX_BYTES: usize = 180;
/// The longest ending that counts as an extension, in bytes without the dot.
const MAX_EXTENSION: usize = 8;
/// The name where nothing is left of the text.
const NAMELESS: &str = "picture";

/// What needs no encoding in `filename*`; RFC 8187 allows a little more, and nobody misreads this.
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The name of a file to be downloaded.
///
/// Any text becomes one: what a name must not have is taken out, and what is left is kept.
///
/// - 1 to 180 bytes of UTF-8; a longer text loses the end of its stem and keeps its extension
/// - only the last part of a path, whichever slash divides it
/// - no control characters, no marks that turn the direction of writing or show nothing, no quotes and none
///   of `< > : | ? *`
/// - no dot, space or joiner at its ends, no two spaces in a row
/// - `picture` where nothing is left
///
/// # Examples
///
/// ```
/// use storage::pictures::AttachmentName;
///
/// let name = AttachmentName::new("../ночь\r\n \"1\".png");
/// assert_eq!(name.as_str(), "ночь 1.png");
/// assert_eq!(
///     name.attachment(),
///     "attachment; filename=\"_ 1.png\"; filename*=UTF-8''%D0%BD%D0%BE%D1%87%D1%8C%201.png"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentName(String);

impl AttachmentName {
    /// Returns the name that `text` becomes.
    pub fn new(text: &str) -> Self {
        let parts = text.rsplit(['/', '\\']);
        let name = parts.map(cleaned).find(|part| !part.is_empty());
        Self(shortened(&name.unwrap_or_else(|| NAMELESS.to_owned())))
    }

    /// Returns the name with the extension of `format`, in place of another picture's and after any other.
    #[must_use]
    pub fn with_format(self, format: ImageFormat) -> Self {
        let (stem, extension) = split(&self.0);
        let known = ImageFormat::of_extension(&extension.to_ascii_lowercase());
        if known == Some(format) {
            return self;
        }
        let stem = if known.is_some() { stem } else { &self.0 };
        Self(shortened(&format!("{stem}.{}", format.extension())))
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the value of `Content-Disposition` that makes a browser save the file under this name.
    ///
    /// It is printable ASCII. A name beyond plain letters comes twice: simplified for old clients, and
    /// whole as `filename*`. Source: RFC 6266 §4.3 and appendix D, RFC 8187 §3.2.
    pub fn attachment(&self) -> String {
        self.disposition("attachment")
    }

    /// Returns the value of `Content-Disposition` that shows the picture, and saves it under this name only
    /// when the person asks.
    pub fn inline(&self) -> String {
        self.disposition("inline")
    }

    fn disposition(&self, kind: &str) -> String {
        let plain = simplified(&self.0);
        let simple = format!("{kind}; filename=\"{plain}\"");
        if plain == self.0 {
            return simple;
        }
        let whole = utf8_percent_encode(&self.0, EXTENDED);
        format!("{simple}; filename*=UTF-8''{whole}")
    }
}

impl From<&str> for AttachmentName {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

fn cleaned(text: &str) -> String {
    let mut name = String::with_capacity(text.len().min(4 * MAX_BYTES));
    for letter in text.chars().filter(|letter| !is_refused(*letter)) {
        if !letter.is_whitespace() {
            name.push(letter);
        } else if !name.ends_with(' ') {
            name.push(' ');
        }
    }
    name.trim_matches(is_edge).to_owned()
}

fn is_refused(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '"' | '\'' | '`' | '<' | '>' | ':' | '|' | '?' | '*')
        // Line and paragraph ends, marks of direction, and what shows nothing; joiners stay, since emoji
        // and several scripts need them.
        || matches!(letter,
            '\u{2028}' | '\u{2029}'
            | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{00ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{e0001}')
}

/// A dot at the start hides a file, one at the end is dropped by Windows, and a lone joiner joins nothing.
fn is_edge(letter: char) -> bool {
    matches!(letter, '.' | ' ' | '\u{200c}' | '\u{200d}')
}

/// Returns stem and extension; the extension is empty when there is none.
fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if (1..=MAX_EXTENSION).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            (stem, extension)
        }
        _ => (name, ""),
    }
}

fn shortened(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let (stem, extension) = split(name);
    let dot = if extension.is_empty() { "" } else { "." };
    let room = MAX_BYTES - dot.len() - extension.len();
    let stem = &stem[..stem.floor_char_boundary(room)];
    format!("{}{dot}{extension}", stem.trim_end_matches(is_edge))
}

/// Returns the name in plain letters; each run of others is one `_`.
///
/// Percent signs go too, since some clients decode them where nothing was encoded.
fn simplified(name: &str) -> String {
    let (stem, _) = split(name);
    if !stem.contains(|letter: char| letter.is_ascii_alphanumeric()) {
        let extension = name.strip_prefix(stem).unwrap_or_default();
        return format!("{NAMELESS}{extension}");
    }
    let mut plain = String::with_capacity(name.len());
    let mut in_run = false;
    for letter in name.chars() {
        let kept =
            letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '.' | '-' | '_' | '(' | ')');
        match (kept, in_run) {
            (true, _) => plain.push(letter),
            (false, false) => plain.push('_'),
            (false, true) => {}
        }
        in_run = !kept;
    }
    plain
}
