"""Ids: `uprof_01` and a UUIDv7 in 22 digits of base62."""

import os
import re
import uuid

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PAIRS = [left + right for left in ALPHABET for right in ALPHABET]
DIGITS = {digit: value for value, digit in enumerate(ALPHABET)}
FORM = re.compile(r"uprof_01[0-9A-Za-z]{22}")
RANDOM_BITS = (1 << 76) - 1 ^ (0b11 << 62)
VERSION_AND_VARIANT = 7 << 76 | 0b10 << 62

# Greater than every id.
LAST = uuid.UUID(int=(1 << 128) - 1)


def new_uuid(now):
    milliseconds = int(now.timestamp() * 1000)
    random = int.from_bytes(os.urandom(10), "big") & RANDOM_BITS
    return uuid.UUID(int=milliseconds << 80 | VERSION_AND_VARIANT | random)


def write(identifier):
    number, pairs = identifier.int, []
    for _ in range(11):
        number, pair = divmod(number, 3844)
        pairs.append(PAIRS[pair])
    return "uprof_01" + "".join(reversed(pairs))


def read(text):
    """The UUID, or None if the text is not an id."""
    if not FORM.fullmatch(text):
        return None
    number = 0
    for digit in text[8:]:
        number = number * 62 + DIGITS[digit]
    return uuid.UUID(int=number) if number < 1 << 128 else None
