"""The letters of standard base64 (RFC 4648, section 4), and what they stand for: told by their number alone."""

__all__ = ["LETTERS", "PAD", "size_of"]

LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
PAD = ord("=")
PADDING = frozenset({b"", b"=", b"=="})


def size_of(text: bytes) -> int | None:
    """Return how many bytes a text of these letters and its padding stands for; None where it is none."""
    padding = text.translate(None, LETTERS)
    amiss = len(text) % 4 or padding not in PADDING or not text.endswith(padding)
    return None if amiss else len(text) // 4 * 3 - len(padding)
