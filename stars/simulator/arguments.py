"""The arguments of a call: where they stand in a request, and how methods read them."""

import json
import re
from dataclasses import dataclass, field

from werkzeug.wrappers import Request

from stars.simulator.answers import Refused

TRUE = ("true", "yes", "1")
WHOLE_NUMBER = re.compile(r"-?\d{1,18}")
HIGHEST_ID = 2**52  # ids of users have up to 52 bits
SECRET = ("secret_token",)  # never written into the journal


@dataclass(frozen=True)
class Upload:
    """A file that came with a call."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Args:
    """The arguments of one call. What is neither text nor a file is kept as JSON text."""

    texts: dict[str, str]
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """An argument as it was given."""
        return self.texts.get(name, default)

    def required(self, name: str) -> str:
        """An argument that must be there; raises Refused."""
        value = self.text(name)
        refuse_if(not value, f'parameter "{name}" is required')
        return value

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number. One that is out of bounds is brought within them, as Telegram does."""
        value = self.text(name)
        if not WHOLE_NUMBER.fullmatch(value):
            return default
        return min(high, max(low, int(value)))

    def id(self, name: str) -> int:
        """The id of a user or a message; 0 if there is none."""
        return self.whole(name, 0, 0, HIGHEST_ID)

    def flag(self, name: str) -> bool:
        """A Boolean; whatever is not true is false."""
        return self.text(name).lower() in TRUE

    def parsed(self, name: str, what: str) -> object:
        """An argument that is JSON, None if it is missing; raises Refused, calling it `what`."""
        value = self.text(name)
        if not value:
            return None
        try:
            parsed: object = json.loads(value)
        except ValueError:
            raise Refused(f"can't parse {what} JSON object") from None
        return parsed

    def shown(self) -> dict[str, str]:
        """For the journal: no secrets, and of each file its name and size."""
        shown = {name: "***" if name in SECRET else text for name, text in self.texts.items()}
        for name, upload in self.files.items():
            shown[name] = f"({upload.name}, {len(upload.content)} bytes)"
        return shown


def read_arguments(request: Request) -> Args:
    """The arguments in query, form, multipart and JSON of a request."""
    texts = {**request.args, **request.form}
    given = request.get_json(silent=True) if request.mimetype == "application/json" else None
    if isinstance(given, dict):
        for name, value in given.items():
            if isinstance(value, str):
                texts[name] = value
            elif value is not None:
                texts[name] = json.dumps(value, ensure_ascii=False)
    files = {}
    for name, file in request.files.items():
        files[name] = Upload(file.filename or "file", file.read(), file.mimetype)
    return Args(texts, files)


def refuse_if(wrong: object, why: str) -> None:
    """Raise Refused with these words if something is wrong."""
    if wrong:
        raise Refused(why)
