"""The shop's own tokens: `Authorization: Bearer <JWT>`, for front ends that have a session already.

https://www.rfc-editor.org/rfc/rfc8725 says what to beware of.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from jwt import PyJWK

from stars.config import Settings
from stars.errors import Unauthorized
from stars.schemas.values import IDENTIFIER
from stars.web.callers.key_set import KeySet

CLOCK_SKEW = timedelta(minutes=1)
SECRET_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
"""How long a secret has to be for each algorithm (RFC 7518, 3.2)."""

PUBLIC_KEY_ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
REASONS: dict[type[jwt.InvalidTokenError], str] = {
    jwt.ExpiredSignatureError: "The token has expired.",
    jwt.ImmatureSignatureError: "The token is not valid yet.",
    jwt.InvalidIssuedAtError: "The token is dated in the future.",
    jwt.InvalidAudienceError: "The token is meant for another audience.",
    jwt.InvalidIssuerError: "The token comes from another issuer.",
    jwt.MissingRequiredClaimError: "The token lacks a claim that is required: exp, aud or iss.",
    jwt.InvalidAlgorithmError: "The token is signed by an algorithm that is not accepted here.",
    jwt.InvalidSignatureError: "The token does not carry the shop's signature.",
}
"""What a caller is told, the special before the general. It never repeats what was sent."""


@dataclass(frozen=True)
class Tokens:
    """How tokens are checked here.

    `secret` checks those that share a secret with us, `keys` those that are signed with a private
    key. `user_claim` is the claim with the user id. `issuer` and `audience` are compared if set.
    """

    secret: str | None
    keys: KeySet | None
    user_claim: str
    issuer: str | None
    audience: str | None

    @classmethod
    def from_settings(cls, settings: Settings) -> "Tokens | None":
        """Return how these settings have tokens checked; None if they do not."""
        url = settings.auth_jwks_url
        if settings.auth_jwt_secret is None and url is None:
            return None
        return cls(
            secret=settings.auth_jwt_secret,
            keys=KeySet(url) if url else None,
            user_claim=settings.auth_jwt_user_claim,
            issuer=settings.auth_jwt_issuer,
            audience=settings.auth_jwt_audience,
        )

    def verify(self, token: str) -> str:
        """Return the user id of a token.

        Raises:
            Unauthorized: it does not hold, or names no user.
            IdentityUnavailable: the keys cannot be fetched.

        """
        try:
            claims = self._claims(token)
        except jwt.InvalidTokenError as error:
            raise Unauthorized(reason(error)) from None
        user_id = claims.get(self.user_claim)
        if isinstance(user_id, int) and not isinstance(user_id, bool):
            user_id = str(user_id)
        if not isinstance(user_id, str) or not IDENTIFIER.fullmatch(user_id):
            raise Unauthorized(
                f"The token's claim {self.user_claim} is no user id: 1-64 of A-Za-z0-9._:-."
            )
        return user_id

    def _claims(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        # Which of the two keys is asked, the token says; which algorithms that key takes, we do.
        if str(header.get("alg")).startswith("HS"):
            return self._decode(token, self.secret or "", self._secret_algorithms())
        key = self._public_key(header.get("kid"))
        return self._decode(token, key, PUBLIC_KEY_ALGORITHMS)

    def _secret_algorithms(self) -> list[str]:
        length = len((self.secret or "").encode())
        return [name for name, least in SECRET_BYTES.items() if length >= least]

    def _public_key(self, key_id: str | None) -> PyJWK:
        if self.keys is None:
            raise jwt.InvalidAlgorithmError
        key = self.keys.find(key_id)
        if key is None:
            raise jwt.InvalidSignatureError
        return key

    def _decode(self, token: str, key: str | PyJWK, algorithms: list[str]) -> dict[str, Any]:
        if not algorithms:
            raise jwt.InvalidAlgorithmError
        return jwt.decode(
            token,
            key,
            algorithms=algorithms,
            issuer=self.issuer,
            audience=self.audience,
            leeway=CLOCK_SKEW,
            # Whether `sub` is a string matters only where it names the user, and is checked there.
            options={
                "require": ["exp"],
                "verify_aud": self.audience is not None,
                "verify_sub": False,
                "verify_jti": False,
            },
        )


def reason(error: jwt.InvalidTokenError) -> str:
    """Return what a caller is told of a token that does not hold."""
    for kind, words in REASONS.items():
        if isinstance(error, kind):
            return words
    return "What follows Bearer is no JSON Web Token."
