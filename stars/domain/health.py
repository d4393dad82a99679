"""Health: the words in which it is told what stops sales."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that stops sales, and what to do about it."""

    problem: str
    cure: str


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """Something that was looked at, and what was found.

    `metric` is the name of the gauge that shows `value`, and `meaning` says what it shows. The
    value is None where it could not be found out.
    """

    name: str
    metric: str
    meaning: str
    value: float | None
    problem: Problem | None
