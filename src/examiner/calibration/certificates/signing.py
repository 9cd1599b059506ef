"""Ed25519 keys and signatures of certificates. `verify` needs the public key and nothing else."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from examiner.domain.certificate import Certificate, certificate_id
from examiner.domain.errors import Corrupt, Invalid, NotFound
from examiner.domain.identity import canonical_json, fingerprint


class Signer:
    """A private key. Made on first use, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        from cryptography.hazmat.primitives import serialization as s  # noqa: PLC0415 - only where something is signed
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            raw = Ed25519PrivateKey.generate().private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
                out.write(raw)
        try:
            key = s.load_pem_private_key(path.read_bytes(), password=None)
        except ValueError as error:
            raise Corrupt(f"{path} holds no private key: {error}", hint="restore it, or move it away") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise Corrupt(f"{path} is not an Ed25519 key")
        self._key = key
        self.public = key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def id(self) -> str:
        """The hash of the public key."""
        return key_id(self.public)

    def sign(self, certificate: Certificate) -> Certificate:
        """Return the certificate named, with this key's id and signature."""
        made = certificate.model_copy(update={"key": self.id, "signature": ""})
        made = made.model_copy(update={"id": certificate_id(made.body())})
        return made.model_copy(update={"signature": self.seal(made.body())})

    def seal(self, body: Mapping[str, Any]) -> str:
        """Return the signature of the canonical JSON of a body, hex."""
        return self._key.sign(canonical_json(body).encode()).hex()


def key_id(public: str) -> str:
    """Return the name of a public key (PEM text)."""
    return fingerprint(public.strip())


def read_public(path: Path) -> str:
    """Return the PEM text of a public key. Raises NotFound."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"no public key at {path}") from None


def verify(certificate: Certificate, public: str) -> str:
    """Return what is wrong with a certificate under a public key, "" where nothing is.

    Raises:
        Invalid: the key is not an Ed25519 public key in PEM.

    """
    if certificate.key == key_id(public) and certificate.id != certificate_id(certificate.body()):
        return "its id does not follow from its content"
    return check_seal(certificate.body(), certificate.key, certificate.signature, public)


def check_seal(body: Mapping[str, Any], key_name: str, signature: str, public: str) -> str:
    """Return what is wrong with the signature of a body under a public key (PEM), "" where nothing is.

    Raises:
        Invalid: the key is not an Ed25519 public key in PEM.

    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        key = load_pem_public_key(public.encode())
    except ValueError:
        raise Invalid("that is no public key", hint="a PEM file, as `examiner certificate key` writes it") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Invalid("that is not an Ed25519 public key")
    if key_name != key_id(public):
        return "it was signed by another key"
    try:
        key.verify(bytes.fromhex(signature), canonical_json(body).encode())
    except (InvalidSignature, ValueError):
        return "its signature does not fit its content"
    return ""
