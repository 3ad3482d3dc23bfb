//! AVIF: boxes within boxes.

use super::{Container, Header, Next, big_32};

/// The length and the name of a box.
const HEAD: u64 = 8;
/// The version and the flags before the boxes inside `meta`.
const VERSION: u64 = 4;
/// The version of `ispe`, then its width and height.
const SIZE: u64 = 12;

/// Reads the brands, and every size (`ispe`) among the properties.
///
/// The boxes may lie in any order, and any may be the last, so that nothing tells the end.
/// Source: ISO/IEC 14496-12 §4.2 and §4.3, ISO/IEC 23008-12 §6.5.3, AVIF 1.1 §6.
#[derive(Debug)]
pub(super) struct Bmff {
    state: State,
    /// What we are in, the outermost first.
    levels: Vec<Level>,
}

/// A box that holds boxes.
#[derive(Debug, Clone, Copy)]
struct Level {
    holder: Holder,
    /// The bytes of it that are still to come, without the box inside that is being read.
    left: u64,
}

#[derive(Debug, Clone, Copy)]
enum Holder {
    File,
    Meta,
    Properties,
    PropertyList,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Passed,
    Head,
    /// The length of the box with this name has eight bytes of its own.
    LongLength([u8; 4]),
    /// The brand with this number; so many bytes of brands are left with it.
    Brand(u64, u64),
    /// The version of a `meta` with so many bytes behind it.
    Version(u64),
    /// A size; so many bytes of the box follow.
    Size(u64),
}

impl Default for Bmff {
    fn default() -> Self {
        let file = Level {
            holder: Holder::File,
            left: u64::MAX,
        };
        Self {
            state: State::Passed,
            levels: vec![file],
        }
    }
}

impl Bmff {
    fn to(&mut self, state: State, next: Next) -> Next {
        self.state = state;
        next
    }

    /// Goes on with the next box of the innermost level that has room for one.
    fn next_box(&mut self) -> Next {
        let Some(level) = self.levels.last_mut() else {
            return Next::Lost;
        };
        if level.left >= HEAD {
            level.left -= HEAD;
            return self.to(State::Head, Next::Read(8));
        }
        self.leave()
    }

    /// Passes over the rest of the innermost level.
    fn leave(&mut self) -> Next {
        match self.levels.pop() {
            Some(level) => self.to(State::Passed, Next::Skip(level.left)),
            None => Next::Lost,
        }
    }

    fn head(&mut self, head: &[u8], header: &mut Header) -> Next {
        let &[_, _, _, _, a, b, c, d] = head else {
            return Next::Lost;
        };
        let name = [a, b, c, d];
        match big_32(head, 0).unwrap_or_default() {
            // To the end of what it is in.
            0 => self.open(name, u64::MAX, header),
            1 => match self.levels.last_mut() {
                Some(level) if level.left >= HEAD => {
                    level.left -= HEAD;
                    self.to(State::LongLength(name), Next::Read(8))
                }
                _ => self.leave(),
            },
            length => match u64::from(length).checked_sub(HEAD) {
                Some(data) => self.open(name, data, header),
                None => self.leave(),
            },
        }
    }

    /// Opens the box with this name and so many bytes of data.
    fn open(&mut self, name: [u8; 4], data: u64, header: &mut Header) -> Next {
        let Some(level) = self.levels.last_mut() else {
            return Next::Lost;
        };
        let data = data.min(level.left);
        level.left -= data;
        match (level.holder, &name) {
            (Holder::File, b"ftyp") => self.brands(0, data),
            (Holder::File, b"meta") if data >= VERSION => {
                self.to(State::Version(data - VERSION), Next::Read(4))
            }
            (Holder::Meta, b"iprp") => self.enter(Holder::Properties, data),
            (Holder::Properties, b"ipco") => self.enter(Holder::PropertyList, data),
            (Holder::PropertyList, b"ispe") if data >= SIZE => {
                self.to(State::Size(data - SIZE), Next::Read(12))
            }
            (holder, _) => {
                header.is_animated |= matches!(holder, Holder::File) && &name == b"moov";
                self.to(State::Passed, Next::Skip(data))
            }
        }
    }

    fn enter(&mut self, holder: Holder, left: u64) -> Next {
        self.levels.push(Level { holder, left });
        self.next_box()
    }

    fn brands(&mut self, number: u64, left: u64) -> Next {
        if left < 4 {
            return self.to(State::Passed, Next::Skip(left));
        }
        self.to(State::Brand(number, left), Next::Read(4))
    }
}

impl Container for Bmff {
    fn step(&mut self, bytes: &[u8], header: &mut Header) -> Next {
        match self.state {
            State::Passed => self.next_box(),
            State::Head => self.head(bytes, header),
            State::LongLength(name) => match (big_32(bytes, 0), big_32(bytes, 4)) {
                (Some(0), Some(length)) => match u64::from(length).checked_sub(2 * HEAD) {
                    Some(data) => self.open(name, data, header),
                    None => self.leave(),
                },
                // No picture needs the upper four bytes.
                _ => self.open(name, u64::MAX, header),
            },
            State::Brand(number, left) => {
                // The second is a version and no brand.
                header.is_animated |= number != 1 && bytes == b"avis";
                self.brands(number + 1, left - 4)
            }
            State::Version(left) => self.enter(Holder::Meta, left),
            State::Size(rest) => {
                if let (Some(width), Some(height)) = (big_32(bytes, 4), big_32(bytes, 8)) {
                    header.add(width, height);
                }
                self.to(State::Passed, Next::Skip(rest))
            }
        }
    }
}
