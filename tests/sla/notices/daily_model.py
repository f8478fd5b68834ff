"""What binds on each day and in which state an agreement is, written day by day: slow, and obvious."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from common.dates import add_months_to_last_day

FIRST = date(2026, 1, 1)
FAR = 4000
UTC_HOURS = {"timezone": "UTC", "hours": "24x7"}


def on(day: int) -> date:
    return FIRST + timedelta(days=day)


def noon(day: int) -> datetime:
    return datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)


@dataclass(frozen=True)
class ModelVersion:
    start: int
    end: int | None
    months: int | None
    """Of a tacit renewal."""
    notice: int
    quarterly: bool

    def terms(self) -> dict[str, Any]:
        written: dict[str, Any] = {"starts_on": str(on(self.start)), "termination_notice_days": self.notice}
        written["review_period"] = "calendar_quarter" if self.quarterly else "calendar_month"
        if self.end is not None:
            written["ends_on"] = str(on(self.end))
            written["renewal"] = self.months and {"months": self.months}
        return written | {"service_hours": UTC_HOURS}


@dataclass
class DailyModel:
    """A simple model of an agreement: the version in force on each day that something is promised on."""

    versions: list[ModelVersion]
    today: int
    days: dict[int, int] = field(default_factory=dict)
    open_day: int = 0
    terminated: bool = False
    rests: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return noon(self.today)

    @property
    def last(self) -> int | None:
        return None if max(self.days) == FAR else max(self.days)

    @property
    def binding(self) -> ModelVersion:
        before = [day for day in self.days if day <= self.today] or [min(self.days)]
        return self.versions[self.days[max(before)] - 1]

    def sign(self, version: ModelVersion) -> None:
        self.days = {day: number for day, number in self.days.items() if day < version.start}
        self.extend(FAR if version.end is None else version.end, len(self.versions), version.start)

    def extend(self, last: int, number: int, start: int) -> None:
        self.days |= dict.fromkeys(range(start, last + 1), number)

    def follow(self) -> None:
        """Renew it by itself, as often as it has become too late to do anything about it."""
        while self.last is not None and not self.terminated:
            newest = self.versions[self.days[self.last] - 1]
            if newest.months is None or newest.end is None or self.today <= self.last - newest.notice:
                return
            times = range(1, 2000)
            ends = ((add_months_to_last_day(on(newest.end), time * newest.months) - FIRST).days for time in times)
            self.extend(next(end for end in ends if end > self.last), self.days[self.last], self.last + 1)

    def is_over(self) -> bool:
        return self.last is not None and self.last < self.today

    def state(self) -> str:
        if self.today < min(self.days):
            return "signed"
        if self.is_over():
            return "ended"
        resting = any(start <= self.now and (end is None or self.now < end) for start, end in self.rests)
        return "suspended" if resting else "active"

    def period_end(self) -> int | None:
        """The first day after the oldest period that was not stated yet."""
        day = self.open_day
        if day not in self.days:
            return None
        number = self.days[day]
        width = 3 if self.versions[number - 1].quarterly else 1
        while self.days.get(day + 1) == number and _unit(day + 1, width) == _unit(day, width):
            day += 1
        return day + 1

    def refusal_of_amendment(self, version: ModelVersion) -> str | None:
        if self.is_over():
            return "agreement-not-in-force"
        if self.terminated:
            return "termination-given"
        if version.start < self.open_day:
            return "amendment-rewrites-history"
        return "amendment-after-end" if self.last is not None and version.start > self.last + 1 else None

    def refusal_of_renewal(self, day: int) -> str | None:
        if self.is_over():
            return "agreement-not-in-force"
        if self.terminated:
            return "termination-given"
        if self.last is None:
            return "nothing-to-renew"
        return "renewal-not-later" if day <= self.last else None

    def refusal_of_termination(self, day: int) -> str | None:
        if self.is_over():
            return "agreement-not-in-force"
        if self.terminated:
            return "termination-given"
        if day < max(self.today + self.binding.notice, min(self.days)):
            return "notice-too-short"
        return "termination-after-end" if self.last is not None and day > self.last else None

    def refusal_of_suspension(self, start: datetime, end: datetime) -> str | None:
        if self.is_over():
            return "agreement-not-in-force"
        if (start.date() - FIRST).days not in self.days:
            return "suspension-outside-agreement"
        is_taken = any((rest_end is None or start < rest_end) and begin < end for begin, rest_end in self.rests)
        return "suspensions-overlap" if is_taken else None


def _unit(day: int, months: int) -> tuple[int, int]:
    return on(day).year, (on(day).month - 1) // months
