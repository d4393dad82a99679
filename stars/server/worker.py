"""The kind of gunicorn worker the service runs on: a greenlet for each connection.

gunicorn starts and ends the workers and parses requests. This decides which worker takes a
connection, reads a whole request before the app sees it, and ends a worker without cutting anybody
off. It needs gevent's patches, which stars.serve makes.
"""

import io
import logging
import os
import time
from contextlib import suppress
from typing import Any

import gevent
from gevent.pool import Pool
from gevent.socket import SO_SNDBUF, SOL_SOCKET, socket, wait_read
from gunicorn.http import get_parser, wsgi
from gunicorn.workers.ggevent import GeventWorker

from stars.server.client import Client
from stars.server.fixed import FixedSettings, Response
from stars.server.shares import Shares
from stars.server.unreadable import UNREADABLE, answer_to

BEAT = 0.1  # seconds between signs of life, and until a signal is noticed
NOT_MY_TURN = 0.002  # seconds to leave a new connection to another worker
EXHAUSTED = 0.1  # seconds to wait when there is no file descriptor left
LINGER = 1.0  # seconds in which, at the end, an idle client may still send a last request
UNREAD = 128 * 1024  # bytes of an answer that the kernel keeps for a client that does not read it
TURN = 16  # requests of one connection after which others come first: a client may pipeline
MAX_BODY = 1024 * 1024  # bytes, the most that any route takes: an update of Telegram's

SHARES = Shares()

log = logging.getLogger("stars.worker")


class Worker(GeventWorker):
    """Serves each connection in a greenlet of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # in the master, before the fork
        self.share = SHARES.take()
        self.fixed = FixedSettings(self.cfg)
        self.clients: set[Client] = set()

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what this kind of worker cannot do. Raises RuntimeError."""
        if cfg.is_ssl:
            raise RuntimeError("The service speaks plain HTTP: TLS ends at the proxy before it.")

    def patch(self) -> None:
        """Hand the listeners to gevent; everything else was patched before the fork."""
        for one in self.sockets:  # what is set here, accepted connections inherit
            one.sock.setsockopt(SOL_SOCKET, SO_SNDBUF, UNREAD)
        self.sockets: list[Any] = [
            socket(one.FAMILY, fileno=one.sock.detach()) for one in self.sockets
        ]

    def notify(self) -> None:
        """Show that this worker lives. Without a master, stop as on SIGTERM."""
        self.tmp.notify()
        self.share.beat()
        if self.ppid != os.getppid():
            self.alive = False

    def run(self) -> None:
        """Serve until told to stop, then finish what is under way."""
        self.serving = Pool(self.worker_connections)
        acceptors = [gevent.spawn(self.accept_from, listener) for listener in self.sockets]
        while self.alive:
            self.notify()
            gevent.sleep(BEAT)
        self.share.rest()
        gevent.killall(acceptors)
        for listener in self.sockets:
            self.accept_the_rest(listener)
        self.finish()

    def accept_from(self, listener: socket) -> None:
        """Take connections, each when it is this worker's turn."""
        listener.setblocking(False)
        while self.alive:
            wait_read(listener.fileno())
            try:
                while not self.serving.full() and self.share.is_my_turn():
                    self.accept(listener)
                gevent.sleep(NOT_MY_TURN)
            except BlockingIOError:
                pass  # there are no more, or another worker was faster
            except OSError as error:
                log.error("cannot_accept", extra={"reason": str(error)})
                gevent.sleep(EXHAUSTED)

    def accept_the_rest(self, listener: socket) -> None:
        """Take the clients that connected before the end, and close the door."""
        with suppress(OSError):
            while not self.serving.full():
                self.accept(listener)
        listener.close()

    def accept(self, listener: socket) -> None:
        """Take one connection. Raises BlockingIOError if there is none."""
        accepted, address = listener.accept()
        client = Client(accepted)
        self.clients.add(client)
        self.share.add(1)
        self.serving.spawn(self.serve, client, address, listener.getsockname())

    def finish(self) -> None:
        """Wait until every request is answered, and the idle clients have gone or lingered."""
        began = time.monotonic()
        while self.clients and time.monotonic() < began + self.cfg.graceful_timeout:
            if time.monotonic() > began + LINGER:
                for client in self.clients:
                    client.dismiss()
            self.notify()
            gevent.sleep(BEAT)

    def serve(self, client: Client, address: Any, server: Any) -> None:
        """Answer the requests of a connection, until one side wants no more of it."""
        try:
            self.answer_all(client, address, server)
        except UNREADABLE as error:
            self.refuse(client, error)
        except OSError:
            pass  # the client is gone, or does not take its answer
        except Exception as error:
            self.refuse(client, error)
        finally:
            self.clients.discard(client)
            self.share.add(-1)
            client.close()

    def refuse(self, client: Client, error: Exception) -> None:
        """Answer a request that cannot be read."""
        with suppress(OSError):
            client.sendall(answer_to(error))
            client.flush()
            client.close_gently()

    def answer_all(self, client: Client, address: Any, server: Any) -> None:
        """Answer request after request. Raises OSError when the client is gone, and UNREADABLE."""
        parser = get_parser(self.fixed, client, address)
        for request in parser:
            if not self.answer(request, client, address, server):
                return
            if parser.req_count % TURN == 0:
                gevent.sleep(0)
            client.await_request(self.fixed.keepalive)

    def answer(self, request: Any, client: Client, address: Any, server: Any) -> bool:
        """Read a request to its end and answer it. Whether its connection may have another."""
        response, environ = wsgi.create(
            request, client, address, server, self.fixed, response_class=Response
        )
        client.await_body()
        body = request.body.reader.read(MAX_BODY + 1)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["wsgi.multithread"] = True
        too_large = len(body) > MAX_BODY
        if too_large or not self.goes_on():
            response.force_close()
        self.respond(response, environ, client)
        if too_large:
            client.close_gently()
        return not response.should_close()

    def goes_on(self) -> bool:
        """Count a request. Whether its connection may stay with this worker."""
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
        return self.alive and not self.share.gives_one_up()

    def respond(self, response: Any, environ: dict[str, Any], client: Client) -> None:
        """Send what the app answers. Raises OSError when the answer cannot be finished."""
        parts = self.wsgi(environ, response.start_response)
        try:
            if isinstance(parts, wsgi.FileWrapper):
                response.send_headers()
                client.flush()  # a file goes past what is kept
                response.write_file(parts)
            else:
                for part in parts:
                    response.write(part)
            response.close()
            client.flush()
        except OSError:
            raise
        except Exception as error:
            log.exception("answer_broken_off")
            raise ConnectionAbortedError from error
        finally:
            if hasattr(parts, "close"):
                parts.close()
