//! The end of a chunked body.

/// Within the chunks of a body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chunks {
    at: At,
    /// Bytes left of the current chunk.
    left: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// The first digit of a size.
    #[default]
    Size,
    Digits,
    SpaceAfterSize,
    Extension,
    SizeNewline,
    Data,
    DataReturn,
    DataNewline,
    /// The start of a line behind the last chunk.
    Line,
    Trailer,
    TrailerNewline,
    LastNewline,
    End,
    Broken,
}

impl Chunks {
    /// Passes `bytes` up to the end of the body or the first malformed byte; returns how many those are.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> usize {
        let mut passed = 0;
        while let Some(byte) = bytes.get(passed) {
            match self.at {
                At::End | At::Broken => break,
                At::Data => {
                    let length = (bytes.len() - passed).min(usize::try_from(self.left).unwrap_or(usize::MAX));
                    passed += length;
                    self.left -= length as u64;
                    if self.left == 0 {
                        self.at = At::DataReturn;
                    }
                }
                _ => {
                    self.at = self.after(*byte);
                    passed += usize::from(self.at != At::Broken);
                }
            }
        }
        passed
    }

    pub(super) fn have_ended(&self) -> bool {
        self.at == At::End
    }

    pub(super) fn are_broken(&self) -> bool {
        self.at == At::Broken
    }

    /// Where `byte` leads, as actix reads chunks.
    fn after(&mut self, byte: u8) -> At {
        match (self.at, byte) {
            (At::Size, _) => {
                self.left = 0;
                self.digit(byte)
            }
            (At::Digits | At::SpaceAfterSize, b'\t' | b' ') => At::SpaceAfterSize,
            (At::Digits | At::SpaceAfterSize | At::Extension, b'\r') => At::SizeNewline,
            (At::Digits | At::SpaceAfterSize, b';') | (At::Extension, b'\t' | b' '..=b'~' | 0x80..) => At::Extension,
            (At::Digits, _) => self.digit(byte),
            (At::SizeNewline, b'\n') if self.left > 0 => At::Data,
            (At::SizeNewline | At::TrailerNewline, b'\n') => At::Line,
            (At::DataReturn, b'\r') => At::DataNewline,
            (At::DataNewline, b'\n') => At::Size,
            (At::Line, b'\r') => At::LastNewline,
            (At::Trailer, b'\r') => At::TrailerNewline,
            (At::Line | At::Trailer, _) => At::Trailer,
            (At::LastNewline, b'\n') => At::End,
            _ => At::Broken,
        }
    }

    fn digit(&mut self, byte: u8) -> At {
        let digit = char::from(byte).to_digit(16);
        match digit.and_then(|digit| self.left.checked_mul(16).map(|left| left + u64::from(digit))) {
            Some(left) => {
                self.left = left;
                At::Digits
            }
            None => At::Broken,
        }
    }
}
