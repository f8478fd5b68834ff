"""Counts refused credentials per address, and answers 429 to too many."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from common.errors import DomainError, Unauthenticated


class TooManyAttempts(DomainError, slug="too-many-attempts"):
    """Too many credentials from one address were refused; wait before trying others."""

    status = 429
    headers: Mapping[str, str] = {"Retry-After": "60"}


class AttemptLimiter:
    """Limits refused credentials per address. Valid ones always pass: several monitors may share an address, and drop
    data that is answered 429.
    """

    max_refused = 60
    window = timedelta(minutes=1)
    max_addresses = 10_000

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._refused: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    @contextmanager
    def limit(self, address: str) -> Iterator[None]:
        try:
            yield
        except Unauthenticated:
            if self._count(address) > self.max_refused:
                raise TooManyAttempts("Too many credentials were refused; wait a minute.") from None
            raise

    def _count(self, address: str) -> int:
        now = self._clock()
        since, count = self._refused.get(address, (now, 0))
        if now - since >= self.window:
            since, count = now, 0
        self._refused[address] = (since, count + 1)
        self._refused.move_to_end(address)
        while len(self._refused) > self.max_addresses:
            self._refused.popitem(last=False)
        return count + 1
