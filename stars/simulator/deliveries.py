"""Updates on their way, webhooks, and what webhooks reply."""

from dataclasses import dataclass

from stars.simulator.amounts import Json


@dataclass
class Update:
    """One update on its way. Those of one queue are delivered one at a time."""

    id: int
    body: Json
    facts: Json  # what a fault's matcher can ask for
    queue: str
    expires_at: float
    wakeup_at: float
    resend_delay: float = 1
    fails: int = 0
    under_way: bool = False


@dataclass(frozen=True)
class Webhook:
    """Where a bot wants its updates; without a url it has no webhook."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    certificate: str = ""  # PEM; empty: whoever a public authority vouches for


@dataclass(frozen=True)
class Reply:
    """What a webhook answered to one update; `error` tells why there is no answer."""

    status: int | None = None
    reason: str = ""
    content: bytes = b""
    content_type: str = ""
    text: str = ""
    retry_after: str = ""
    error: str = ""

    def accepted(self) -> bool:
        """Whether the update counts as delivered."""
        return self.status is not None and 200 <= self.status < 300
