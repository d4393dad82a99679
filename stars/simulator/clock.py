"""The simulator's clock: real time that can be pushed, what is due at which moment, and the one lock of all state."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Clock:
    """Real time plus what it was pushed by. Nothing here polls: everybody waits on `changed`, which is also the lock."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.under_way = 0  # deliveries that have begun and not ended
        self._pushed = time.time() - time.monotonic()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = (
            itertools.count()
        )  # what is due at the same moment happens in the order it was asked for
        threading.Thread(target=self._run, name="clock", daemon=True).start()

    def now(self) -> float:
        """Unix time, as the simulator sees it."""
        return time.monotonic() + self._pushed

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Have `act` called once it is `when`. Needs the lock, as does all that follows; `act` will have it."""
        heapq.heappush(self._due, (when, next(self._numbers), act))
        self.changed.notify_all()

    def wait(self, until: Callable[[], object], when: float) -> None:
        """Wait, meanwhile without the lock, until `until()` is true or it is `when`."""
        while not until() and (left := when - self.now()) > 0:
            self.changed.wait(left)

    def quiet(self) -> bool:
        """Whether no delivery is under way and nothing is due."""
        return not self.under_way and not (self._due and self._due[0][0] <= self.now())

    def advance(self, seconds: float, settle: float) -> None:
        """Push the time, stopping wherever something is due until it is quiet, for `settle` real seconds at most."""
        target, step = self.now() + seconds, 0.0
        while step != target:
            step = min(target, self._due[0][0]) if self._due else target
            self._pushed += max(0.0, step - self.now())
            self._happen()
            self.changed.wait_for(self.quiet, settle)

    def _happen(self) -> None:
        while self._due and self._due[0][0] <= self.now():
            heapq.heappop(self._due)[2]()
        self.changed.notify_all()  # also to those who wait for quiet

    def _run(self) -> None:
        with self.changed:
            while True:
                self._happen()
                self.changed.wait(max(0.0, self._due[0][0] - self.now()) if self._due else None)
