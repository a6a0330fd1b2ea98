"""Randomness: secret bytes from the operating system, or a seeded sequence where the policy says `random: seeded`."""

import hashlib
import secrets

#: The web's limit for one crypto.getRandomValues call (Web Cryptography API, 10.1.1).
QUOTA_BYTES = 65536


class RandomSource:
    """Random bytes for one execution."""

    def __init__(self, seed: int | None = None) -> None:
        """Without a seed the bytes are the operating system's; with one they are reproducible and not secret."""
        self._key = None if seed is None else seed.to_bytes(16, "little", signed=True)
        self._drawn = 0

    def draw(self, length: int) -> bytes:
        """`length` bytes. Seeded: SHAKE-256 of the seed and a counter of the draws (FIPS 202)."""
        if self._key is None:
            return secrets.token_bytes(length)
        self._drawn += 1
        return hashlib.shake_256(self._key + self._drawn.to_bytes(8, "little")).digest(length)

    def seed64(self) -> int:
        """64 bits for the guest's own generator (Math.random)."""
        return int.from_bytes(self.draw(8), "little")
