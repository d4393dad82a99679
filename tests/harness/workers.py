"""What a test sees of the worker processes from outside."""

from collections import Counter

import psutil

from harness.servers import Served


def held(served: Served) -> Counter[int]:
    """How many clients' connections each worker holds, by its process id."""
    counts: Counter[int] = Counter()
    for worker in served.workers():
        connections = psutil.Process(worker.pid).net_connections("tcp")
        counts[worker.pid] = sum(
            one.laddr.port == served.port and one.status != psutil.CONN_LISTEN
            for one in connections
        )
    return counts
