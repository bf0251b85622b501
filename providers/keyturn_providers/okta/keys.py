"""Private keys of a service app: from PEM or JWK to signatures. A bare key is in no message."""

import json
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from pydantic import SecretStr

_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, the algorithm of its kind, and the id it is registered by if it tells."""

    key: RSAPrivateKey | EllipticCurvePrivateKey = field(repr=False)
    algorithm: str
    key_id: str = ""

    def signed(self, claims: dict[str, object], headers: dict[str, object]) -> SecretStr:
        """A JWT of the claims."""
        return SecretStr(jwt.encode(claims, self.key, algorithm=self.algorithm, headers=headers))

    def public_jwk(self) -> dict[str, object]:
        """The public half, with only what identifies it."""
        if isinstance(self.key, RSAPrivateKey):
            whole = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return {name: whole[name] for name in ("kty", "n", "e")}
        whole = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {name: whole[name] for name in ("kty", "crv", "x", "y")}


def signing_key(secret: SecretStr) -> SigningKey:
    """The key in a PEM or JWK text. Raises `ValueError` (a sentence without the key)."""
    found = _parsed(secret)
    if isinstance(found, str):
        raise ValueError(found)  # noqa: TRY004 - the configured key is wrong, not a caller
    return found


def fresh_key() -> SigningKey:
    """A new RSA key, for proofs of possession: it lives as long as this process."""
    return SigningKey(generate_private_key(65537, 2048), "RS256")


def _parsed(secret: SecretStr) -> "SigningKey | str":
    # Apart from where it is raised, so that no frame of the traceback holds the bare key.
    text = secret.get_secret_value().strip()
    key_id = ""
    key: object = None
    try:
        if text.startswith("{"):
            told = json.loads(text)
            key_id = told.get("kid") if isinstance(told.get("kid"), str) else ""
            kind = ECAlgorithm if told.get("kty") == "EC" else RSAAlgorithm
            key = kind.from_jwk(text)
        else:
            # A variable of the environment often has the line breaks of a PEM as \n.
            key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
    except Exception:  # noqa: BLE001 - the libraries raise many kinds, and may quote the key
        return "The private key cannot be read: it is neither PEM without a password nor JWK."
    if isinstance(key, RSAPrivateKey):
        if key.key_size < 2048:
            return f"The private key is an RSA key of {key.key_size} bits; Okta wants 2048 or more."
        return SigningKey(key, "RS256", key_id)
    if isinstance(key, EllipticCurvePrivateKey):
        algorithm = _CURVES.get(key.curve.name)
        if algorithm is not None:
            return SigningKey(key, algorithm, key_id)
    return "The key is not the private half of an RSA key or of an EC key on P-256, P-384 or P-521."
