"""Signing statements with Ed25519 (RFC 8032), and checking signatures; keys as JSON Web Keys (RFC 8037)."""

import base64
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import OKPKey
from joserfc.util import urlsafe_b64encode

ALGORITHM = "Ed25519"
_SEED = 32


class Signer:
    """A private key, and the name its public key is published under."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.seed = seed
        self.public = encode_base64url(self._key.public_key().public_bytes_raw())
        self.kid = compute_thumbprint(self.public)

    def sign(self, sha256: str) -> str:
        """Sign the 32 bytes of the hash."""
        return encode_base64url(self._key.sign(bytes.fromhex(sha256)))


def generate_signer() -> Signer:
    return Signer(Ed25519PrivateKey.generate().private_bytes_raw())


def parse_signer(text: str) -> Signer:
    """Read the text of a PEM file (PKCS 8), or 32 bytes in base64; raise ValueError if it is neither."""
    if "PRIVATE KEY" in text:
        key = load_pem_private_key(text.encode(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("is not an Ed25519 key")
        return Signer(key.private_bytes_raw())
    seed = decode_base64url(text.strip())
    if len(seed) != _SEED:
        raise ValueError("is not 32 bytes in base64")
    return Signer(seed)


def to_jwk(public: str) -> dict[str, Any]:
    """Return the JSON Web Key as it is published."""
    key = _import_public_key(public)
    return key.as_dict(private=False, kid=key.thumbprint(), alg="EdDSA", use="sig")


def parse_public_key(key: dict[str, Any]) -> str:
    """Read a JSON Web Key; raise ValueError if it is not an Ed25519 key, or not the one its kid names."""
    public = key.get("x")
    if (key.get("kty"), key.get("crv")) != ("OKP", ALGORITHM) or not isinstance(public, str):
        raise ValueError("is not an Ed25519 key")
    if key.get("kid", compute_thumbprint(public)) != compute_thumbprint(public):
        raise ValueError("is not the key that its kid names")
    return public


def compute_thumbprint(public: str) -> str:
    """Return the thumbprint of RFC 7638."""
    return _import_public_key(public).thumbprint()


def _import_public_key(public: str) -> OKPKey:
    return OKPKey.import_key({"kty": "OKP", "crv": ALGORITHM, "x": public})


def is_signature_valid(sha256: str, signature: str, public: str) -> bool:
    """Check a signature that is written the one way in which signatures are: base64url without padding."""
    try:
        if encode_base64url(decode_base64url(signature)) != signature:
            return False
        Ed25519PublicKey.from_public_bytes(decode_base64url(public)).verify(
            decode_base64url(signature), bytes.fromhex(sha256)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def encode_base64url(raw: bytes) -> str:
    """Encode as base64url, without padding."""
    return urlsafe_b64encode(raw).decode()


def decode_base64url(text: str) -> bytes:
    """Decode base64 that is spelled the one canonical way; raise ValueError if it is not."""
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    raw = base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    if encode_base64url(raw) != plain:
        raise ValueError("is not canonical base64url")
    return raw
