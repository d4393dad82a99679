"""How many connections each worker holds, in memory that all of them see.

So each can take its fair share. Otherwise whoever wakes first takes all: kept-alive connections
opened at once stay with one worker while the others idle.
"""

import mmap
import time

PLACES = 256  # for workers, those of a reload counted twice
FREE = -1
STALE = 1_000_000_000  # nanoseconds without a beat; nobody waits for a worker that is stuck
LEAD = 8  # a worker may be ahead by one connection for so many that it has
UNFAIR = 2  # more connections than the worker with the fewest, until one is sent there


class Share:
    """One worker's place. It alone writes there; every worker reads."""

    def __init__(self, counts: memoryview, beats: memoryview, used: memoryview, place: int) -> None:
        self._counts, self._beats, self._used, self._place = counts, beats, used, place
        self._excess_before = self._surplus = 0
        counts[place] = 0
        self.beat()

    def beat(self) -> None:
        """Tell the others that this worker takes connections, and see whether it has too many."""
        self._beats[self._place] = time.monotonic_ns()
        excess = self._excess()
        self._surplus = min(excess, self._excess_before)  # what lasts, not what passes
        self._excess_before = excess

    def rest(self) -> None:
        """Tell the others that this worker takes no more connections."""
        self._beats[self._place] = 0

    def add(self, connections: int) -> None:
        """Count connections that came, or with a negative number those that went."""
        self._counts[self._place] += connections

    def is_my_turn(self) -> bool:
        """Whether no other worker has fewer connections, or hardly fewer.

        In lock-step a crowd would be let in at the pace of the slowest worker.
        """
        return self._excess() <= self._counts[self._place] // LEAD

    def gives_one_up(self) -> bool:
        """Whether to close a connection, so that its client comes back to another worker.

        At most once a beat: the count does not fall before the client has its answer.
        """
        too_many = self._surplus > max(UNFAIR, self._counts[self._place] // LEAD)
        self._surplus = 0
        return too_many

    def free(self) -> None:
        """Leave the place to another worker: this one has ended."""
        self._counts[self._place] = FREE

    def _excess(self) -> int:
        """How many connections more this worker has than the one with the fewest."""
        mine = self._counts[self._place]
        since = time.monotonic_ns() - STALE
        fewest = mine
        for place in range(self._used[0]):
            count = self._counts[place]
            if count != FREE and count < fewest and self._beats[place] > since:
                fewest = count
        return int(mine - fewest)


class Shares:
    """The places of all workers. Made before gunicorn forks, so that they share it."""

    def __init__(self) -> None:
        memory = memoryview(mmap.mmap(-1, (2 * PLACES + 1) * 8)).cast("q")
        self._counts = memory[:PLACES]
        self._beats = memory[PLACES : 2 * PLACES]
        self._used = memory[2 * PLACES :]  # one number: the places that were ever taken
        for place in range(PLACES):
            self._counts[place] = FREE

    def take(self) -> Share:
        """A place for a worker about to start. Raises ValueError when there is none."""
        place = self._counts.tolist().index(FREE)
        self._used[0] = max(self._used[0], place + 1)
        return Share(self._counts, self._beats, self._used, place)
