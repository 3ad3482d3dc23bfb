//! How segments of keys become names of files and directories, and back.
//!
//! The rules, which need to know nothing of what else is stored:
//!
//! - Signs that no file system minds stand for themselves; all others are written `%XX`, byte by byte.
//! - Names of files have a dot, names of directories have none. So `a` and `a/b` never clash: a directory
//!   writes its dots `%2E`, a file without a dot ends with `.%`.
//! - No name starts with a dot (that one is written `%2E`), ends with a dot or a space, or is a device of
//!   Windows.
//! - A name longer than [`LONGEST`] bytes is cut; all parts but the last are directories that end with
//!   `%-`.
//! - On a file system that folds case or composition, upper case and everything beyond ASCII is
//!   written `%XX` too.

/// The longest name that is written whole, in bytes; file systems take 255, and metadata adds an ending.
const LONGEST: usize = 200;

/// Ends the name of a file that has no dot of its own.
const NO_DOT: &str = ".%";

/// Ends a part of a long name.
const MORE: &str = "%-";

/// What the root's file system can keep apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::filesystem) enum Spelling {
    /// Every name as it is written: Linux.
    Exact,
    /// Only names that differ in more than case and composition: macOS, Windows.
    Folded,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::filesystem) enum Name {
    /// The last segment of a key, or the last part of it.
    File(String),
    /// A segment before the last, or the last part of it.
    Directory(String),
    /// A part of a long segment; the directory holds the rest.
    Part(String),
}

/// Returns the names of the directories for a segment before the last.
pub(in crate::filesystem) fn directories(segment: &str, spelling: Spelling) -> Vec<String> {
    parts(segment, spelling, false)
}

/// Returns the names for the last segment: directories for its parts if it is long, then the file.
pub(in crate::filesystem) fn file(segment: &str, spelling: Spelling) -> Vec<String> {
    parts(segment, spelling, true)
}

/// Returns what `name` stands for, or `None` when it is none of our names.
///
/// `is_directory` is what the file system says of it.
pub(in crate::filesystem) fn decode(name: &str, is_directory: bool) -> Option<Name> {
    if name.starts_with('.') || is_directory == name.contains('.') {
        return None;
    }
    if !is_directory {
        return Some(Name::File(unescape(
            name.strip_suffix(NO_DOT).unwrap_or(name),
        )?));
    }
    match name.strip_suffix(MORE) {
        Some(part) => Some(Name::Part(unescape(part)?)),
        None => Some(Name::Directory(unescape(name)?)),
    }
}

fn parts(segment: &str, spelling: Spelling, is_file: bool) -> Vec<String> {
    let whole = escape(segment, spelling, is_file);
    if whole.len() <= LONGEST {
        return vec![whole];
    }
    let mut names = Vec::new();
    let mut start = 0;
    // The cuts depend on the beginning alone: the same beginning always leads into the same directory.
    while let Some(end) = cut(&segment[start..], spelling) {
        let part = escape(&segment[start..start + end], spelling, false);
        names.push(part + MORE);
        start += end;
    }
    names.push(escape(&segment[start..], spelling, is_file));
    names
}

/// Returns where the next part of a long name ends, or `None` when the rest fits.
fn cut(rest: &str, spelling: Spelling) -> Option<usize> {
    let mut length = 0;
    for (at, sign) in rest.char_indices() {
        length += escaped_length(sign, spelling);
        if length > LONGEST - MORE.len() - 2 * "%XX".len() {
            return Some(at);
        }
    }
    None
}

fn escaped_length(sign: char, spelling: Spelling) -> usize {
    if is_plain(sign, spelling) && sign != '.' {
        sign.len_utf8()
    } else {
        sign.len_utf8() * "%XX".len()
    }
}

fn escape(text: &str, spelling: Spelling, is_file: bool) -> String {
    let device = is_device(text);
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    let mut name = String::with_capacity(text.len() + 8);
    for (at, sign) in text.char_indices() {
        let at_edge = (at == 0 && (device || sign == '.')) || (at == last && ". ".contains(sign));
        if at_edge || (sign == '.' && !is_file) || !is_plain(sign, spelling) {
            push_escaped(&mut name, sign);
        } else {
            name.push(sign);
        }
    }
    if is_file && !name.contains('.') {
        name.push_str(NO_DOT);
    }
    name
}

fn is_plain(sign: char, spelling: Spelling) -> bool {
    match sign {
        'a'..='z' | '0'..='9' | ' ' => true,
        '%' | '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\\' | '/' => false,
        'A'..='Z' => spelling == Spelling::Exact,
        _ if sign.is_ascii_graphic() => true,
        _ => spelling == Spelling::Exact && !sign.is_control(),
    }
}

fn push_escaped(name: &mut String, sign: char) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut buffer = [0; 4];
    for byte in sign.encode_utf8(&mut buffer).bytes() {
        name.push('%');
        name.push(DIGITS[usize::from(byte >> 4)].into());
        name.push(DIGITS[usize::from(byte & 15)].into());
    }
}

/// Tells whether Windows takes the name for a device, whatever stands after its first dot.
fn is_device(text: &str) -> bool {
    let stem = text.split('.').next().unwrap_or(text).trim_end();
    let stem = stem.to_ascii_lowercase();
    matches!(
        stem.as_bytes(),
        b"con"
            | b"prn"
            | b"aux"
            | b"nul"
            | [b'c', b'o', b'm', b'0'..=b'9']
            | [b'l', b'p', b't', b'0'..=b'9']
    )
}

fn unescape(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            let mut byte = [0];
            hex::decode_to_slice(rest.get(..2)?, &mut byte).ok()?;
            rest = &rest[2..];
            bytes.push(byte[0]);
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stand_for_themselves() {
        for name in ["2026", "a-b_c", "imagen4", "Upper", "ü"] {
            assert_eq!(directories(name, Spelling::Exact), [name]);
        }
        for name in ["0190_1.png", "a b.webp", "A+B=C,d.PNG", "ü.jpg"] {
            assert_eq!(file(name, Spelling::Exact), [name]);
        }
    }

    #[test]
    fn other_names_are_escaped() {
        for (segment, is_file, expected) in [
            ("a", true, "a.%"),
            ("a.b", false, "a%2Eb"),
            (".hidden", true, "%2Ehidden.%"),
            ("...", false, "%2E%2E%2E"),
            ("name.", true, "name%2E.%"),
            ("name ", false, "name%20"),
            ("a%b.c", true, "a%25b.c"),
            ("nul.txt", true, "%6Eul.txt"),
            ("a:b?", false, "a%3Ab%3F"),
        ] {
            assert_eq!(parts(segment, Spelling::Exact, is_file), [expected]);
        }
        assert_eq!(file("Ü.PNG", Spelling::Folded), ["%C3%9C.%50%4E%47"]);
    }

    #[test]
    fn names_of_others_stand_for_nothing() {
        for (name, is_directory) in [
            ("README", false),
            (".DS_Store", false),
            ("a.d", true),
            ("a%zz.png", false),
            ("a%", true),
            ("%FF", true),
        ] {
            assert_eq!(decode(name, is_directory), None, "{name}");
        }
    }
}
