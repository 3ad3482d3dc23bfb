//! The pieces of a body until all of them are there.

use bytes::{Bytes, BytesMut};

/// Shorter pieces are copied together as they come, since each that is kept has its own cost.
const SMALL_BYTES: usize = 4 * 1024;

/// Pieces in their order, which become one when the last has come.
///
/// Room for the whole is taken only then: taken first, it lies between the buffers of the connection, and the
/// allocator gives more of them back to the system, which costs more than the copy.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pieces: Vec<Bytes>,
    small: BytesMut,
    length: u64,
}

impl Gathered {
    /// Takes the next piece.
    pub(crate) fn add(&mut self, piece: Bytes) {
        self.length += piece.len() as u64;
        if piece.len() < SMALL_BYTES {
            self.small.extend_from_slice(&piece);
        } else {
            self.keep_small();
            self.pieces.push(piece);
        }
    }

    /// Returns the bytes so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Returns all bytes; a single piece is not copied.
    pub(crate) fn into_bytes(mut self) -> Bytes {
        self.keep_small();
        if self.pieces.len() < 2 {
            return self.pieces.pop().unwrap_or_default();
        }
        self.into_own_bytes()
    }

    /// Returns all bytes, in memory that holds nothing else: a piece may be part of a far larger buffer.
    pub(crate) fn into_own_bytes(mut self) -> Bytes {
        self.keep_small();
        self.pieces.concat().into()
    }

    fn keep_small(&mut self) {
        if !self.small.is_empty() {
            self.pieces.push(self.small.split().freeze());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(lengths: &[usize]) -> (Gathered, Vec<u8>) {
        let (mut gathered, mut all) = (Gathered::default(), Vec::new());
        for (byte, length) in (b'a'..).zip(lengths) {
            let piece = vec![byte; *length];
            all.extend_from_slice(&piece);
            gathered.add(piece.into());
        }
        (gathered, all)
    }

    #[test]
    fn pieces_of_any_length_keep_their_order() {
        for lengths in [
            &[][..],
            &[0],
            &[1],
            &[SMALL_BYTES],
            &[1, 2, 3],
            &[SMALL_BYTES, 1, 0, 1, SMALL_BYTES + 1, 7],
        ] {
            let (gathered, all) = gathered(lengths);
            assert_eq!(gathered.length(), all.len() as u64);
            assert_eq!(gathered.into_bytes(), all, "{lengths:?}");
        }
    }

    #[test]
    fn short_pieces_are_kept_together_and_a_single_long_one_is_not_copied() {
        let (many, _) = gathered(&[3; 20]);
        assert!(many.pieces.is_empty());
        let long = Bytes::from(vec![b'x'; SMALL_BYTES]);
        let mut one = Gathered::default();
        one.add(long.clone());
        assert_eq!(one.into_bytes().as_ptr(), long.as_ptr());
    }
}
