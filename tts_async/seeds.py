"""Randomness that depends on *where* in a search it is used, never on when.

Every seed is a digest of (run seed, problem id, path, ordinal): a search repeats itself exactly
under any interleaving with other searches, and can be resumed in the middle.
"""

import hashlib
import random

SEED_BITS = 31  # every server takes a non-negative 32-bit signed integer


def derive_seed(*parts: object) -> int:
    """A seed in ``[0, 2**31)`` from anything with a stable ``repr``."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - SEED_BITS)


def derive_rng(*parts: object) -> random.Random:
    """A private random generator seeded by ``parts``."""
    return random.Random(derive_seed(*parts))  # noqa: S311 - simulation, not secrets
