"""One-time tokens: 256 bits from the operating system, of which the register keeps the SHA-256 only."""

import hashlib
import secrets


def mint() -> tuple[str, bytes]:
    """A new token and the hash that is stored of it."""
    token = secrets.token_urlsafe(32)
    return token, hash_token(token)


def hash_token(token: str) -> bytes:
    """The SHA-256 of a token, as the register keeps it. Whatever a person typed can be asked about."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
