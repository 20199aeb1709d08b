//! Base62: fixed width, big-endian, `0-9A-Za-z`, so that texts sort as the numbers they write.

/// The digits, in ASCII order.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The number that `BYTES` big-endian bytes write, in `DIGITS` digits. The caller sees to it that they suffice.
pub(super) fn encode<const BYTES: usize, const DIGITS: usize>(mut number: [u8; BYTES]) -> [u8; DIGITS] {
    let mut digits = [0; DIGITS];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u16;
        for byte in &mut number {
            let value = (rest << 8) | u16::from(*byte);
            // `rest` is below 62, so the quotient is below 62 * 256 / 62 = 256.
            *byte = (value / 62).to_le_bytes()[0];
            rest = value % 62;
        }
        *digit = ALPHABET[usize::from(rest)];
    }
    digits
}

/// The number that `digits` write, or `None` where one is no digit or the number has more than 128 bits.
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
        fn what_is_encoded_decodes_to_itself(number: u128) {
            let digits = encode::<16, 22>(number.to_be_bytes());
            prop_assert_eq!(decode(std::str::from_utf8(&digits).unwrap()), Some(number));
        }
    }
}
