"""What stands between a sender and Rapport and fails at times: before Rapport was asked, or after it has answered."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.senders.serving import serving

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

    def answer(self, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        number = next(self._numbers) % EVERY
        if number == 0:
            return self._away()
        answer = self.pass_on(path, body, headers)
        self.answers.append(answer.status_code)
        return self._away() if number == 1 else answer

    def pass_on(self, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        return httpx.post(self.target + path, content=body, headers=headers, timeout=30, trust_env=False)

    def _away(self) -> httpx.Response:
        self.failed += 1
        return httpx.Response(503, headers={"retry-after": "1"})


@contextmanager
def unreliable(target: str) -> Iterator[Unreliable]:
    proxy = Unreliable(target)
    with serving(proxy.answer) as address:
        proxy.url = f"http://{address}"
        yield proxy
