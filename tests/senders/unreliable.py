"""What stands between a sender and Rapport and fails at times: before Rapport was asked, or after it has answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread

import httpx

from rapport.ports import HOST

DROPPED = frozenset({"host", "connection", "content-length", "transfer-encoding", "date", "server"})
EVERY = 3


@dataclass
class Unreliable:
    """Of every three requests the first is not passed on, and the answer to the second is lost; both get a 503."""

    target: str
    url: str = ""
    failed: int = 0
    answers: list[int] = field(default_factory=list)
    """Statuses of Rapport's answers."""
    _numbers: Iterator[int] = field(default_factory=count)

    def answer(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        number = next(self._numbers) % EVERY
        if number == 0:
            return self._away()
        answer = httpx.post(self.target + path, content=body, headers=headers, timeout=30, trust_env=False)
        self.answers.append(answer.status_code)
        return self._away() if number == 1 else answer

    def _away(self) -> httpx.Response:
        self.failed += 1
        return httpx.Response(503, headers={"retry-after": "1"})


@contextmanager
def unreliable(target: str) -> Iterator[Unreliable]:
    found = Unreliable(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            sent = {name: value for name, value in self.headers.items() if name.lower() not in DROPPED}
            answer = found.answer(self.path, body, sent)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in DROPPED:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """The sender logs enough."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    found.url = f"http://{HOST}:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
