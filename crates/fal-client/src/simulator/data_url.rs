//! Pictures inside the answer, as `data:` links.

/// The letters of base64 (RFC 4648, section 4).
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns the bytes as a `data:` link.
pub(super) fn encode(content_type: &str, bytes: &[u8]) -> String {
    let mut link = String::with_capacity(content_type.len() + 16 + bytes.len() / 3 * 4);
    link.push_str("data:");
    link.push_str(content_type);
    link.push_str(";base64,");
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for place in 0..4 {
            if place > group.len() {
                link.push('=');
            } else {
                let letter = bits >> (18 - 6 * place) & 63;
                link.push(char::from(LETTERS[letter as usize]));
            }
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc_hold() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(
                encode("a/b", text.as_bytes()),
                format!("data:a/b;base64,{encoded}")
            );
        }
    }
}
