"""Refuses to act by a clock that has jumped, or that disagrees with the database's: what would follow is not undone."""

# A clock that is 40 days ahead for two minutes closes periods, misses deadlines and deletes what has not expired. The
# database's clock shows a machine that is wrong by itself; where both are one machine, the monotonic clock, which
# nobody sets, shows that the time was changed. A changed time that stands is believed after a while: a laptop may have
# slept.

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from common.database.connections import Database
from common.errors import Unavailable

TOLERANCE = timedelta(minutes=1)
"""How far clocks may be apart."""
SETTLING_SECONDS = 15 * 60.0
"""How long a changed time must stand until it is believed."""
COMPARISON_SECONDS = 10.0
"""How long an agreement with the database's clock is remembered, while this clock does not jump."""


class ClockUntrusted(Unavailable, slug="clock-untrusted"):
    """The clock has jumped, or disagrees with the database's; what acts by the clock waits until it is right."""


class ClockGuard:
    """One per service and process; it remembers what the clock should show."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._clock, self._monotonic = database, clock, monotonic
        self._anchor = clock(), monotonic()
        self._jump: tuple[timedelta, float] | None = None
        """By how much the clock has jumped, and when, by the monotonic clock."""
        self._agreed_at: float | None = None

    async def check(self) -> None:
        """Raise ClockUntrusted if nothing should be done by this clock now."""
        problem = await self.find_problem()
        if problem is not None:
            raise ClockUntrusted(problem)

    async def find_problem(self) -> str | None:
        """Return what is wrong with the clock in a sentence, or None."""
        return self._find_jump() or await self._find_disagreement()

    def _find_jump(self) -> str | None:
        now, seconds = self._clock(), self._monotonic()
        deviation = now - self._anchor[0] - timedelta(seconds=seconds - self._anchor[1])
        if abs(deviation) <= TOLERANCE:
            self._anchor, self._jump = (now, seconds), None
            return None
        if self._jump is None or abs(deviation - self._jump[0]) > TOLERANCE:
            self._jump = deviation, seconds
        self._agreed_at = None
        if seconds - self._jump[1] >= SETTLING_SECONDS:
            self._anchor, self._jump = (now, seconds), None
            return None
        return (
            f"The clock of this machine jumped by {deviation.total_seconds():+.0f} s. What acts by the clock waits "
            f"until it is set right, or has stood for {SETTLING_SECONDS / 60:.0f} minutes."
        )

    async def _find_disagreement(self) -> str | None:
        if self._agreed_at is not None and self._monotonic() - self._agreed_at < COMPARISON_SECONDS:
            return None
        asked_at = self._clock()
        async with self._database.sessions() as session:
            database_now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
        if asked_at - TOLERANCE <= database_now <= self._clock() + TOLERANCE:
            self._agreed_at = self._monotonic()
            return None
        ahead = (self._clock() - database_now).total_seconds()
        return (
            f"The clock of this machine is {ahead:+.0f} s ahead of the database's. What acts by the clock waits until "
            "they agree: set both by NTP."
        )
