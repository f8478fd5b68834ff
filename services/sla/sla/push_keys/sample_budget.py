"""How many samples a key may push now: a budget that fills up by the minute and is spent by pushes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from common.errors import TooLarge
from sla.push_keys.errors import TooManySamples

MINUTE = timedelta(minutes=1)


class SampleBudget:
    """Holds a minute's samples at most. One push can overdraw it by less than that; the next one waits until it is
    filled up again.
    """

    def __init__(self, samples_per_minute: int, now: datetime) -> None:
        self.samples_per_minute = samples_per_minute
        self._left = float(samples_per_minute)
        self._counted_at = now

    def check(self, now: datetime) -> None:
        """Raise TooManySamples, which says how long to wait, if nothing is left."""
        self._fill_up(now)
        if self._left <= 0:
            raise TooManySamples(self.samples_per_minute, MINUTE * ((1 - self._left) / self.samples_per_minute))

    @contextmanager
    def take(self, samples: int, now: datetime) -> Iterator[None]:
        """Take the samples of a push, and give them back if it is not written.

        Raise TooManySamples, or TooLarge if a push can never have so many.
        """
        if samples > self.samples_per_minute:
            limit = self.samples_per_minute
            raise TooLarge(f"This key may push {limit} samples a minute: send smaller batches.")
        self.check(now)
        self._left -= samples
        try:
            yield
        except BaseException:
            self._left += samples
            raise

    def _fill_up(self, now: datetime) -> None:
        """Add what has come in since; a clock that is set back adds nothing."""
        elapsed = max(now - self._counted_at, timedelta(0))
        self._counted_at = now
        self._left = min(self._left + self.samples_per_minute * (elapsed / MINUTE), float(self.samples_per_minute))
