"""`flask worker`: the work that no request waits for. Run as many as you like beside the web.

Each piece of work is claimed in PostgreSQL for a while, so workers do not get in each other's way,
and what one was doing when it died is done by another.
"""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from stars.domain.service import Service
from stars.errors import Busy, DatabaseUnavailable
from stars.live.payments import LivePayments
from stars.notifications import deliveries
from stars.notifications.deliveries import Delivery
from stars.notifications.sender import Sender
from stars.work import tasks
from stars.work.post import IDLE, TROUBLE_PAUSE, Post
from stars.work.tasks import TASKS, Task

SENDERS = 32
"""Threads that send. They wait for others nearly all of their time."""

TICK = 5.0
"""Seconds between looks for a periodic task that is due."""

log = logging.getLogger(__name__)


class Worker:
    """Sends notifications and runs the periodic tasks, until it is told to stop."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stopping = threading.Event()
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="sender")
        self._under_way: set[Future[None]] = set()
        is_development = service.settings.app_env == "development"
        self._sender = Sender(only_public=not is_development)

    def stop(self) -> None:
        """Begin nothing more. What is under way ends."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop` is called, from a signal's handler or another thread."""
        log.info("worker_started", extra={"mode": self._service.payments.mode})
        periodic = threading.Thread(target=self._run_tasks, name="periodic")
        periodic.start()
        forwarding = threading.Thread(target=self._forward, name="forwarding")
        forwarding.start()
        while not self._stopping.is_set():
            self._stopping.wait(self._deliver())
        periodic.join()
        forwarding.join()
        self._senders.shutdown()
        log.info("worker_stopped")

    def _deliver(self) -> float:
        """Begin to send what is due; return the seconds until it is worth another look."""
        self._under_way = {future for future in self._under_way if not future.done()}
        free = SENDERS - len(self._under_way)
        here = self._service
        try:
            made = deliveries.make(here.db)
            claimed = deliveries.claim(here.db, mode=here.payments.mode, limit=free)
        except (Busy, DatabaseUnavailable):
            return TROUBLE_PAUSE
        for delivery in claimed:
            self._under_way.add(self._senders.submit(self._send, delivery))
        return 0 if made or claimed else IDLE

    def _send(self, delivery: Delivery) -> None:
        try:
            deliveries.send(self._service.db, self._sender, delivery)
        except (Busy, DatabaseUnavailable):
            # Its lease runs out, and it is sent again: at least once.
            log.warning("delivery_not_noted", extra={"delivery_id": delivery.delivery_id})
        except Exception:
            log.exception("delivery_broken", extra={"delivery_id": delivery.delivery_id})

    def _forward(self) -> None:
        """Pass on what is the shop's bot's, where it wants that."""
        payments = self._service.payments
        if isinstance(payments, LivePayments) and payments.shop_bot is not None:
            post = Post(self._service.db, payments.shop_bot, payments.telegram)
            post.run(self._stopping)

    def _run_tasks(self) -> None:
        while not self._stopping.is_set():
            for task in TASKS:
                self._run_task(task)
            self._stopping.wait(TICK)

    def _run_task(self, task: Task) -> None:
        """Run a task if it is due. One that fails is told of, and runs again when it is due."""
        here = self._service
        try:
            if tasks.claim(here.db, task):
                task.run(here)
        except (Busy, DatabaseUnavailable) as error:
            log.warning("task_postponed", extra={"task": task.name, "reason": str(error)})
        except Exception:
            log.exception("task_failed", extra={"task": task.name})
