"""The ids of the filled profiles: UUIDv7s of consecutive milliseconds, computable from a profile's number in Python, SQL and pgbench."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# 2026-01-01T00:00:00Z.
FIRST_MILLISECOND = 1_767_225_600_000

# Version 7 in the upper 64 bits; the variant in the lower ones, which are signed in SQL and pgbench.
VERSION = 0x7000
LOWEST = "-9223372036854775807 - 1"


def profile(number):
    """The id of a profile as on the wire."""
    return "uprof_01" + base62((FIRST_MILLISECOND + number << 16 | VERSION) << 64 | 1 << 63 | number)


def base62(number):
    digits = []
    for _ in range(22):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def uuid_of(text):
    """The UUID of an id on the wire, in hexadecimal."""
    number = 0
    for digit in text[-22:]:
        number = number * 62 + ALPHABET.index(digit)
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def sql(high, low):
    """An SQL expression for the UUID of two 64-bit expressions."""
    return f"(lpad(to_hex({high}), 16, '0') || lpad(to_hex({low}), 16, '0'))::uuid"


def sql_of(number):
    """An SQL expression for the UUID of a filled profile; `number` is an expression of type bigint."""
    return sql(f"({FIRST_MILLISECOND} + {number} << 16) + {VERSION}", f"{LOWEST} + {number}")
