"""The letters of standard base64 (RFC 4648, section 4), and what they stand for: told by their number alone."""

__all__ = ["BASE64", "PAD", "size_of"]

BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
PAD = ord("=")
PADDING = frozenset({b"", b"=", b"=="})


def size_of(letters: bytes) -> int | None:
    """Return how many bytes these letters of the alphabet stand for, None if they end amiss."""
    at = letters.find(b"=")
    padding = b"" if at < 0 else letters[at:]
    return None if len(letters) % 4 or padding not in PADDING else len(letters) // 4 * 3 - len(padding)
