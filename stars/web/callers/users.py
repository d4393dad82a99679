"""Users: by launch data of Telegram's, by a token of the shop's, or in mock mode by a header."""

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app, request
from werkzeug.datastructures import Headers

from stars.config import Settings
from stars.domain.api_keys import Scope
from stars.errors import Unauthorized
from stars.schemas.values import IDENTIFIER
from stars.web.callers import launch_data
from stars.web.callers.keys import sent_key, user_of_backend
from stars.web.callers.tokens import Tokens

LAUNCH_DATA = "Authorization: tma <initData>"
TOKEN = "Authorization: Bearer <JWT>"
HEADER = "X-User-Id: <1-64 of A-Za-z0-9._:->"


@dataclass(frozen=True)
class Identities:
    """The kinds of identity that are read here.

    Launch data is read whenever it is sent: without `bot_token` it is refused. The header is
    believed in mock mode alone.
    """

    bot_token: str | None
    tokens: Tokens | None
    header_is_believed: bool

    def identify(self, headers: Headers) -> str:
        """Return the caller's user id.

        Raises:
            Unauthorized: nobody is named, or what is sent does not hold (G23). It says which kinds
                are read here and why this one was not, and never repeats what was sent.
            IdentityUnavailable: a token cannot be checked now.

        """
        try:
            return self._identify(headers)
        except Unauthorized as error:
            raise Unauthorized(f"{error} {self._kinds()}", challenge=self._challenge()) from None

    def _identify(self, headers: Headers) -> str:
        named = headers.get("X-User-Id")
        proven = self._proven_user(headers.get("Authorization", ""))
        if proven is not None:
            if named not in (None, proven):
                raise Unauthorized("X-User-Id names another user than the Authorization.")
            return proven
        if not self.header_is_believed:
            raise Unauthorized("Nothing that is read here names the caller.")
        if named is None or not IDENTIFIER.fullmatch(named):
            raise Unauthorized("X-User-Id is missing, or no user id.")
        return named

    def _proven_user(self, authorization: str) -> str | None:
        """Return whom the Authorization proves; None if it is of a kind that is not ours to judge.

        A staging site may stand behind a password.
        """
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() == "tma":
            return launch_data.verify(credentials.strip(), self.bot_token)
        if scheme.lower() == "bearer" and self.tokens is not None:
            return self.tokens.verify(credentials.strip())
        return None

    def _kinds(self) -> str:
        """Return a sentence that says which kinds are read here."""
        kinds = [LAUNCH_DATA] if self.bot_token else []
        if self.tokens is not None:
            kinds.append(TOKEN)
        if self.header_is_believed:
            kinds.append(HEADER)
        if not kinds:
            return "No kind is read here: set TELEGRAM_BOT_TOKEN, AUTH_JWT_SECRET or AUTH_JWKS_URL."
        return f"Send {', or '.join(kinds)}."

    def _challenge(self) -> str:
        return "tma" if self.tokens is None else "tma, Bearer"


def install(app: Flask, settings: Settings) -> None:
    """Have `app` read the kinds of identity that these settings allow."""
    app.extensions["stars.identities"] = Identities(
        bot_token=settings.telegram_bot_token,
        tokens=Tokens.from_settings(settings),
        header_is_believed=settings.mode == "mock",
    )


def current_user(*scopes: Scope) -> str:
    """Return the user id of whoever sent the current request, or in whose name it was sent.

    Call it before the body is read: a stranger's is not looked at.

    Args:
        scopes: of which a server key that sends it in a user's name must have one.

    Raises:
        Unauthorized, InsufficientScope, IdentityUnavailable: it is not known who it is.

    """
    if sent_key() is not None:
        return user_of_backend(*scopes)
    identities = cast(Identities, current_app.extensions["stars.identities"])
    return identities.identify(request.headers)
