//! Where a request ends in the bytes of its connection.
//!
//! actix parses requests; this follows the same bytes only to hold back what stands behind a request until that request is answered.
//! Bytes are delayed and never altered, so a difference to actix's parser cannot make it read another request than the client sent.

use super::chunks::Chunks;

/// The largest head of a request, in bytes; a larger one is refused with 431.
pub(super) const MAX_HEAD_BYTES: usize = 32 * 1024;

const CONTENT_LENGTH: &[u8] = b"content-length";
const TRANSFER_ENCODING: &[u8] = b"transfer-encoding";
const CHUNKED: &[u8] = b"chunked";

/// The request that a connection is at.
#[derive(Default)]
pub(super) struct Framing {
    place: Place,
    head: Head,
}

#[derive(Default)]
enum Place {
    /// Before the end of a head.
    #[default]
    Head,
    /// So many bytes before the end of a body.
    Body(u64),
    /// Within a chunked body.
    Chunks(Chunks),
    /// At the end of the request.
    End,
    /// The head is larger than allowed.
    HeadTooLarge,
    /// The chunks of the body are malformed.
    BrokenBody,
}

/// What has been read of a head.
#[derive(Default)]
struct Head {
    bytes: usize,
    /// The part of a line that has arrived.
    line: Vec<u8>,
    has_request_line: bool,
    content_length: u64,
    is_chunked: bool,
}

impl Framing {
    /// Passes `bytes`, which follow those passed before, up to the end of the request; returns how many those are.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> usize {
        let mut passed = 0;
        while let Some(rest) = bytes.get(passed..).filter(|rest| !rest.is_empty()) {
            passed += match &mut self.place {
                Place::Head => {
                    let (length, place) = self.head.pass(rest);
                    self.place = place;
                    length
                }
                Place::Body(left) => {
                    let length = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= length as u64;
                    if *left == 0 {
                        self.place = Place::End;
                    }
                    length
                }
                Place::Chunks(chunks) => {
                    let length = chunks.pass(rest);
                    if chunks.have_ended() {
                        self.place = Place::End;
                    } else if chunks.are_broken() {
                        self.place = Place::BrokenBody;
                    }
                    length
                }
                Place::End | Place::HeadTooLarge | Place::BrokenBody => break,
            };
        }
        passed
    }

    /// Whether nothing of the next request has arrived.
    pub(super) fn is_between_requests(&self) -> bool {
        matches!(self.place, Place::Head) && self.head.bytes == 0
    }

    /// Whether a part of a head has arrived.
    pub(super) fn is_within_head(&self) -> bool {
        matches!(self.place, Place::Head) && self.head.bytes > 0
    }

    /// Whether the head has arrived, and not all of the body.
    pub(super) fn is_within_body(&self) -> bool {
        matches!(self.place, Place::Body(_) | Place::Chunks(_))
    }

    /// Whether all of the request has arrived.
    pub(super) fn is_at_end(&self) -> bool {
        matches!(self.place, Place::End)
    }

    pub(super) fn is_head_too_large(&self) -> bool {
        matches!(self.place, Place::HeadTooLarge)
    }

    pub(super) fn is_body_broken(&self) -> bool {
        matches!(self.place, Place::BrokenBody)
    }

    /// Goes on to the next request.
    pub(super) fn next(&mut self) {
        *self = Self::default();
    }
}

impl Head {
    /// Passes `bytes` up to the end of their first line. Returns how many those are, and where they lead.
    fn pass(&mut self, bytes: &[u8]) -> (usize, Place) {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(bytes.len(), |end| end + 1);
        self.bytes += length;
        if self.bytes > MAX_HEAD_BYTES {
            return (length, Place::HeadTooLarge);
        }
        let place = match end {
            None => {
                self.line.extend_from_slice(bytes);
                Place::Head
            }
            Some(end) if self.line.is_empty() => self.end_line(&bytes[..end]),
            Some(end) => {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(&bytes[..end]);
                self.end_line(&line)
            }
        };
        (length, place)
    }

    fn end_line(&mut self, line: &[u8]) -> Place {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.is_empty(), self.has_request_line) {
            // Empty lines before a request are ignored.
            (true, false) => Place::Head,
            (true, true) => self.body(),
            (false, false) => {
                self.has_request_line = true;
                Place::Head
            }
            (false, true) => {
                self.header(line);
                Place::Head
            }
        }
    }

    /// Notes a header that says how long the body is. What it says wrongly, or twice, makes actix refuse the request.
    fn header(&mut self, line: &[u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(CONTENT_LENGTH) {
            self.content_length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()).unwrap_or(0);
        } else if name.eq_ignore_ascii_case(TRANSFER_ENCODING) {
            self.is_chunked = value.eq_ignore_ascii_case(CHUNKED);
        }
    }

    fn body(&self) -> Place {
        match (self.is_chunked, self.content_length) {
            (true, _) => Place::Chunks(Chunks::default()),
            (false, 0) => Place::End,
            (false, length) => Place::Body(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEHIND: &str = "GET / HTTP/1.1\r\n";

    /// Passes `text` in pieces of `size`; returns how many bytes belong to the first request.
    fn passed(text: &str, size: usize) -> (usize, Framing) {
        let mut framing = Framing::default();
        let mut total = 0;
        for piece in text.as_bytes().chunks(size) {
            let passed = framing.pass(piece);
            total += passed;
            if passed < piece.len() {
                break;
            }
        }
        (total, framing)
    }

    #[test]
    fn a_request_ends_where_its_headers_say_however_it_is_cut() {
        for request in [
            "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
            "GET / HTTP/1.1\nhost: x\n\n",
            "\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length:  5 \r\n\r\nab\r\n\n",
            "POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
            "POST / HTTP/1.1\r\nx-content-length: 9\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\ntrailer: x\r\nanother: y\r\n\r\n",
        ] {
            for size in 1..=request.len() + BEHIND.len() {
                let (length, framing) = passed(&format!("{request}{BEHIND}"), size);
                assert_eq!((length, framing.is_at_end()), (request.len(), true), "{request:?} by {size}");
            }
        }
    }

    #[test]
    fn an_incomplete_request_has_no_end() {
        let (_, framing) = passed("POST / HTTP/1.1\r\ncontent-le", 9);
        assert!(framing.is_within_head() && !framing.is_between_requests());
        let (_, framing) = passed("POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nab", 9);
        assert!(framing.is_within_body() && !framing.is_at_end());
        let (_, framing) = passed("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", 9);
        assert!(framing.is_within_body() && !framing.is_at_end());
    }

    #[test]
    fn malformed_chunks_and_large_heads_have_no_end_either() {
        for chunks in ["x", "2\r\nabc", "\r\n", "2 3\r\n", "ffffffffffffffffff\r\n", "0\r\n\rx"] {
            let (_, framing) = passed(&format!("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"), 7);
            assert!(framing.is_body_broken(), "{chunks:?}");
        }
        let large = format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(MAX_HEAD_BYTES));
        assert!(passed(&large, 4096).1.is_head_too_large());
    }
}
