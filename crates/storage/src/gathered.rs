//! The pieces of a body put together while they come.

use bytes::Bytes;

/// A length that was only promised gets so much room beforehand at most: 16 MiB.
const MAX_ROOM: usize = 16 << 20;

/// The bytes so far.
///
/// They are copied while the sender is still busy with the next piece, which hides the copy from whoever waits for
/// the whole, and the buffer of a piece is free for the next one. A body of a single piece is not copied.
#[derive(Debug)]
pub(crate) struct Gathered {
    promised: usize,
    /// The first piece, until there is a second.
    first: Bytes,
    all: Vec<u8>,
}

impl Gathered {
    /// Returns nothing yet, of a body whose length is `promised` if it is known.
    pub(crate) fn new(promised: Option<u64>) -> Self {
        let promised = usize::try_from(promised.unwrap_or(0)).unwrap_or(MAX_ROOM);
        Self {
            promised: promised.min(MAX_ROOM),
            first: Bytes::new(),
            all: Vec::new(),
        }
    }

    /// Takes the next piece.
    pub(crate) fn add(&mut self, piece: Bytes) {
        if self.length() == 0 {
            self.first = piece;
            return;
        }
        if self.all.is_empty() {
            let room = self.promised.max(self.first.len() + piece.len());
            self.all.reserve_exact(room);
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(&piece);
    }

    /// Returns the bytes so far.
    pub(crate) fn length(&self) -> u64 {
        (self.first.len() + self.all.len()) as u64
    }

    /// Returns all bytes.
    pub(crate) fn into_bytes(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.into()
        }
    }

    /// Returns all bytes, in memory that holds nothing else: a piece may be part of a far larger buffer.
    pub(crate) fn into_own_bytes(mut self) -> Bytes {
        if self.all.is_empty() {
            return Bytes::copy_from_slice(&self.first);
        }
        self.all.shrink_to_fit();
        self.all.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(promised: Option<u64>, lengths: &[usize]) -> (Gathered, Vec<u8>) {
        let (mut gathered, mut all) = (Gathered::new(promised), Vec::new());
        for (byte, length) in (b'a'..).zip(lengths) {
            let piece = vec![byte; *length];
            all.extend_from_slice(&piece);
            gathered.add(piece.into());
        }
        (gathered, all)
    }

    #[test]
    fn pieces_of_any_length_keep_their_order_whatever_was_promised() {
        for promised in [None, Some(0), Some(5), Some(u64::MAX)] {
            for lengths in [&[][..], &[0], &[1], &[0, 4], &[1, 2, 3], &[4096, 1, 0, 1]] {
                let (whole, all) = gathered(promised, lengths);
                assert_eq!(whole.length(), all.len() as u64);
                assert_eq!(whole.into_bytes(), all, "{promised:?} {lengths:?}");
                let (whole, _) = gathered(promised, lengths);
                assert_eq!(whole.into_own_bytes(), all, "{promised:?} {lengths:?}");
            }
        }
    }

    #[test]
    fn room_is_taken_once_for_a_length_that_is_kept_and_never_far_more_than_for_one_that_is_not() {
        let (kept, _) = gathered(Some(6), &[1, 2, 3]);
        assert_eq!(kept.all.capacity(), 6);
        let (boasting, _) = gathered(Some(u64::MAX), &[1, 2]);
        assert_eq!(boasting.all.capacity(), MAX_ROOM);
    }

    #[test]
    fn a_single_piece_is_not_copied_unless_it_must_be_the_only_one_in_its_memory() {
        let large = Bytes::from(vec![b'x'; 4096]);
        let piece = large.slice(..16);
        let single = || {
            let mut one = Gathered::new(None);
            one.add(piece.clone());
            one
        };
        assert_eq!(single().into_bytes().as_ptr(), piece.as_ptr());
        assert_ne!(single().into_own_bytes().as_ptr(), piece.as_ptr());
    }
}
