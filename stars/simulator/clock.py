"""The simulator's clock: real time that can be pushed, a list of what is due, and the one lock."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Clock:
    """Real time plus what it was pushed by.

    Nothing here polls: whoever waits, waits on `changed`, which is also the lock of all state.
    """

    def __init__(self, begins_ago: float = 0) -> None:
        """Begin so many seconds in the past."""
        self.changed = threading.Condition()
        self.under_way = 0  # deliveries that have begun and not ended
        self.closed = False
        self._pushed = time.time() - time.monotonic() - begins_ago
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        # Acts that are due at the same moment happen in the order they were asked for.
        self._numbers = itertools.count()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> None:
        """Begin to do what is due."""
        self._thread.start()

    def close(self, patience: float) -> None:
        """Wake everybody who waits, and end. Deliveries get `patience` real seconds to end, too."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
            self.changed.wait_for(lambda: not self.under_way, patience)
        self._thread.join()

    def now(self) -> float:
        """Unix time, as the simulator sees it."""
        return time.monotonic() + self._pushed

    def ahead(self) -> float:
        """How many seconds it was pushed by."""
        return self.now() - time.time()

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Call `act` once it is `when`. Here and below the caller holds the lock; so will `act`."""
        heapq.heappush(self._due, (when, next(self._numbers), act))
        self.changed.notify_all()

    def wait(self, until: Callable[[], object], when: float) -> None:
        """Wait, meanwhile without the lock, until `until()` is true or it is `when`."""
        while not self.closed and not until():
            left = when - self.now()
            if left <= 0:
                return
            self.changed.wait(left)

    def quiet(self) -> bool:
        """Whether no delivery is under way and nothing is due."""
        return not self.under_way and not self._something_is_due()

    def advance(self, seconds: float, settle: float) -> None:
        """Push the time by `seconds`, stopping wherever something is due.

        Each stop lasts until it is quiet, `settle` real seconds at most.
        """
        target = self.now() + seconds
        stop = 0.0
        while stop != target:
            stop = min(target, self._due[0][0]) if self._due else target
            self._pushed += max(0.0, stop - self.now())
            self._happen()
            self.changed.wait_for(self.quiet, settle)

    def _something_is_due(self) -> bool:
        return bool(self._due) and self._due[0][0] <= self.now()

    def _happen(self) -> None:
        while self._something_is_due():
            _, _, act = heapq.heappop(self._due)
            act()
        self.changed.notify_all()  # also wakes those who wait for quiet

    def _run(self) -> None:
        with self.changed:
            while not self.closed:
                self._happen()
                pause = max(0.0, self._due[0][0] - self.now()) if self._due else None
                self.changed.wait(pause)
