"""A schema of independent fields: what is right is read without marshmallow's detours."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, missing


class PlainSchema(Schema):
    """An object of fields that depend on nothing else, each of which may be left out or not.

    A field may have validators. It must have no default, no other name in what is sent, and not
    allow null.
    """

    def load(self, data: Any, **how: Any) -> Any:
        """Return what was sent, as the fields read it. Raises ValidationError, with every problem.

        Nearly everything that is sent is right. What is not, marshmallow reads again, to say why.
        """
        if not how and isinstance(data, Mapping):
            try:
                return self._read(data)
            except ValidationError:
                pass
        return super().load(data, **how)

    def _read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, field in self.load_fields.items():
            sent = data.get(name, missing)
            if sent is missing and not field.required:
                continue
            if sent is missing or sent is None:
                raise ValidationError("This field needs a value.")
            value = field._deserialize(sent, name, data)
            for validate in field.validators:
                validate(value)
            found[name] = value
        if len(found) < len(data):
            raise ValidationError("There are other fields than these.")
        return found
