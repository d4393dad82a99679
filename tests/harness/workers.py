"""What a test sees of the worker processes from outside."""

from collections import Counter
from contextlib import suppress

import psutil

from harness.servers import Served


def held(served: Served) -> Counter[int]:
    """How many clients' connections each worker holds, by its process id.

    A worker that ends just now is none of them.
    """
    counts: Counter[int] = Counter()
    for worker in served.workers():
        with suppress(psutil.NoSuchProcess):
            counts[worker.pid] = count_clients(worker.pid, served.port)
    return counts


def count_clients(pid: int, port: int) -> int:
    """How many connections of clients a process holds."""
    connections = psutil.Process(pid).net_connections("tcp")
    return sum(one.laddr.port == port and one.status != psutil.CONN_LISTEN for one in connections)
