"""A small HTTP server on loopback, for what a test puts before or behind a monitor's real program."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx

from rapport.processes.ports import HOST

HOP = frozenset({"host", "connection", "content-length", "transfer-encoding", "date", "server"})
"""Headers of one connection, which are not passed on to another."""

Answer = Callable[[str, bytes, Mapping[str, str]], httpx.Response]
"""To a path, a body and headers."""


@contextmanager
def serving(answer: Answer, port: int = 0) -> Iterator[str]:
    """Its host and port, by default a free one; each connection has a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            response = answer(self.path, body, without_hop(self.headers))
            self.send_response(response.status_code)
            for name, value in without_hop(response.headers).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """The programs log enough."""

    server = ThreadingHTTPServer((HOST, port), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{HOST}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def without_hop(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in HOP}
