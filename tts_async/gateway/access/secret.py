"""API keys and what is kept of them.

A key is 256 random bits, so its SHA-256 is all that a gateway needs to know: there is no dictionary
of such keys to try against a stolen file, which is what slow hashes with salts (bcrypt, Argon2)
defend short passwords from. They would cost every request tens of milliseconds, and an attacker
could make the gateway spend them.
"""

import hashlib
import secrets
from typing import Final

PREFIX: Final = "tts-"
"""Tells people, and scanners of repositories, what was found."""
SCHEME: Final = "sha256:"
SHORTEST_KEY: Final = 20
"""Characters of a key that somebody made up; less could be guessed."""
_KEY_BYTES: Final = 32


def new_key() -> str:
    """A fresh key; nobody else will ever have the same."""
    return PREFIX + secrets.token_urlsafe(_KEY_BYTES)


def digest_of(key: str) -> bytes:
    """What is kept of a key: 32 bytes."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def write_hash(key: str) -> str:
    """The hash of a key as files have it: ``"sha256:…"``."""
    return SCHEME + digest_of(key).hex()


def read_hash(text: str) -> bytes:
    """The digest in such a text. Raises ``ValueError``, which does not repeat the text."""
    if not text.startswith(SCHEME):
        raise ValueError(
            f"expected {SCHEME} and 64 hexadecimal digits, as tts-async keys new prints"
        )
    try:
        digest = bytes.fromhex(text.removeprefix(SCHEME))
    except ValueError:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise ValueError(f"expected 64 hexadecimal digits after {SCHEME}")
    return digest
