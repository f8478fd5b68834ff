"""Looks at the points of an improvement's measure and control, and says what they show."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from common.work import Work
from sla.hours.zones import day_of
from sla.improvements.effect import Fit, Point
from sla.improvements.measures import Registration
from sla.improvements.model import LATE, Improvement
from sla.improvements.series import points
from sla.improvements.verdict import Finding, at_placebo, judge


class Role(StrEnum):
    BASELINE = "baseline"
    EXCLUDED = "excluded"
    BETWEEN = "between"
    """After the baseline, and before it was in place for a whole period."""
    AFTER = "after"


class Examination(NamedTuple):
    registered: Registration
    change: int | None
    measured: list[Point]
    control: list[Point]
    left_out: frozenset[int]

    def role(self, number: int) -> Role:
        if number in self.left_out:
            return Role.EXCLUDED
        if number <= self.registered.last:
            return Role.BASELINE
        return Role.AFTER if self.change is not None and number >= self.change else Role.BETWEEN

    def finding(self) -> Finding | None:
        """Null as long as it is not implemented."""
        if self.change is None:
            return None
        return judge(self.registered.question(self.change), self._used(self.measured), self._used(self.control))

    def placebo(self) -> Fit | None:
        """What can be looked at beforehand."""
        return at_placebo(self.registered.question(self.registered.last + 1), self._used(self.measured))

    def documents(self) -> list[dict[str, Any]]:
        """The points as JSON, oldest first."""
        mine, others = dict(self.measured), dict(self.control)
        return [
            {
                "first_day": self.registered.rhythm.first_day(number).isoformat(),
                "value": mine.get(number),
                "control": others.get(number),
                "role": self.role(number),
            }
            for number in sorted(mine.keys() | others.keys())
        ]

    def _used(self, some: list[Point]) -> list[Point]:
        return [point for point in some if self.role(point.period) in (Role.BASELINE, Role.AFTER)]


async def examine(work: Work, improvement: Improvement) -> Examination:
    registered = improvement.registered
    rhythm, zone = registered.rhythm, registered.zone
    change = improvement.change if improvement.implemented_at else None
    until = rhythm.number_of(day_of(work.now - LATE, zone)) - 1
    if change is not None and improvement.periods_after is not None:
        until = min(until, change + improvement.periods_after - 1)
    until = max(until, registered.last)
    measured, control = [
        await points(work, measure, rhythm, zone, registered.first, until)
        for measure in (registered.measure, registered.control)
    ]
    return Examination(registered, change, measured, control, frozenset(_left_out(improvement, registered)))


def evidence(found: Examination, finding: Finding) -> dict[str, Any]:
    """What a verdict stands on, as it is kept."""
    fits = {name: getattr(finding, name) for name in ("effect", "control", "placebo")}
    return {
        "points": found.documents(),
        "because": list(finding.because),
        **{name: fit._asdict() if fit else None for name, fit in fits.items()},
    }


def _left_out(improvement: Improvement, registered: Registration) -> Iterator[int]:
    """Periods in which the trouble was, and those said to be left out."""
    spans = [(one.first_day, one.last_day) for one in registered.excluded]
    for trigger in (trigger for source in improvement.sources for trigger in source.triggers):
        start, end = (datetime.fromisoformat(trigger[name]) for name in ("from", "to"))
        last = end - timedelta(microseconds=1)
        spans.append((day_of(start, registered.zone), day_of(last, registered.zone)))
    for first_day, last_day in spans:
        yield from _touched(registered, first_day, last_day)


def _touched(registered: Registration, first_day: date, last_day: date) -> range:
    return range(registered.rhythm.number_of(first_day), registered.rhythm.number_of(last_day) + 1)
