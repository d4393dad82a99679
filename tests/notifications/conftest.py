"""What the tests of notifications share: a worker, and addresses that it tells."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from harness.receiver import Receiver

from stars.domain.service import Service
from stars.notifications import endpoints
from stars.work.worker import Worker


@pytest.fixture
def here(app: Flask) -> Service:
    """The service of the mock."""
    service: Service = app.extensions["stars"]
    return service


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An address that takes everything, until a test says otherwise."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def endpoint(here: Service, receiver: Receiver) -> tuple[int, str]:
    """The receiver as an endpoint: its number and its secret."""
    return endpoints.add(here.db, url=receiver.url, mode="mock", types=None, is_development=True)


@pytest.fixture
def start_worker(here: Service) -> Iterator[Callable[[], Worker]]:
    """Start a worker in a thread; all are stopped when the test is over."""
    started: list[tuple[Worker, threading.Thread]] = []

    def start(**_more: Any) -> Worker:
        worker = Worker(here)
        thread = threading.Thread(target=worker.run)
        thread.start()
        started.append((worker, thread))
        return worker

    yield start
    for worker, _ in started:
        worker.stop()
    for _, thread in started:
        thread.join()
