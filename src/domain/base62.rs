//! Base62 of fixed width: big-endian, `0-9A-Za-z`. Encoded texts sort as their numbers.

/// The digits, in ASCII order.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Digits per division, and the divisor: the largest power of 62 within 32 bits.
const CHUNK: usize = 5;
const POWER: u64 = 62_u64.pow(5);

/// Encodes a number of `BYTES` big-endian bytes (a multiple of 4) in `DIGITS` digits, of which the caller must give enough.
pub(super) fn encode<const BYTES: usize, const DIGITS: usize>(mut number: [u8; BYTES]) -> [u8; DIGITS] {
    let mut digits = [0; DIGITS];
    for chunk in digits.rchunks_mut(CHUNK) {
        let mut rest = 0;
        for limb in number.as_chunks_mut().0 {
            let value = (rest << 32) | u64::from(u32::from_be_bytes(*limb));
            // `rest` is below the divisor, so the quotient is below 2^32: its lower half is all of it.
            let [_, _, _, _, quotient @ ..] = (value / POWER).to_be_bytes();
            *limb = quotient;
            rest = value % POWER;
        }
        for digit in chunk.iter_mut().rev() {
            *digit = ALPHABET[(rest % 62) as usize];
            rest /= 62;
        }
    }
    digits
}

/// The number that `digits` encode; `None` if a character is not a digit, or the number has more than 128 bits.
pub(super) fn decode(digits: &str) -> Option<u128> {
    digits.bytes().try_fold(0_u128, |number, byte| {
        let digit = ALPHABET.binary_search(&byte).ok()?;
        number.checked_mul(62)?.checked_add(digit as u128)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn encoding_round_trips(number: u128) {
            let digits = encode::<16, 22>(number.to_be_bytes());
            prop_assert_eq!(decode(std::str::from_utf8(&digits).unwrap()), Some(number));
        }

        #[test]
        fn leading_zero_bytes_encode_as_leading_zero_digits(number: u128) {
            let mut wide = [0; 32];
            wide[16..].copy_from_slice(&number.to_be_bytes());
            let digits = encode::<32, 43>(wide);
            prop_assert_eq!(&digits[..21], &[b'0'; 21]);
            prop_assert_eq!(&digits[21..], &encode::<16, 22>(number.to_be_bytes()));
        }
    }
}
