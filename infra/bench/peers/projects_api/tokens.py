"""Whose request it is: the bearer token verified (RFC 9068, section 4)."""

from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.types import Options

#: The one algorithm. A token does not get to choose how it is verified.
ALGORITHMS = ["RS256"]
TOKEN_TYPE = "at+jwt"
#: How far the clocks of issuer and verifier may be apart.
LEEWAY_SECS = 5
OPTIONS: Options = {"require": ["exp", "iss", "aud", "sub", "tid"]}


class InvalidToken(Exception):
    """The token is not ours, or not valid any more."""


class Verifier:
    """Verifies tokens of one issuer for one audience."""

    def __init__(self, public_key: str, issuer: str, audience: str) -> None:
        # Parsed once. Given as text, PyJWT would parse the key for each token.
        key = load_pem_public_key(public_key.encode())
        if not isinstance(key, RSAPublicKey):
            raise TypeError("TOKEN_PUBLIC_KEY is not an RSA key")
        self._key = key
        self._issuer = issuer
        self._audience = audience

    def tenant(self, authorization: str | None) -> UUID:
        """The tenant in an Authorization header. Raises InvalidToken."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise InvalidToken("no bearer token")
        try:
            # RSA is OpenSSL's, through cryptography: nothing in Python verifies faster.
            decoded = jwt.decode_complete(
                token,
                self._key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECS,
                options=OPTIONS,
            )
            if decoded["header"].get("typ") != TOKEN_TYPE:
                raise InvalidToken("no access token")
            return UUID(decoded["payload"]["tid"])
        except (jwt.InvalidTokenError, ValueError, AttributeError) as error:
            raise InvalidToken(str(error)) from error
