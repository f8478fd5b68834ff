"""What an agreement promises from day to day: which version binds when, and the review periods that follow from it."""

# A review period is a calendar unit, cut at the first day, where a version comes into force, and after the last day: so
# a statement is always drawn under exactly one version. All versions of an agreement are in one time zone.

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sla.agreements.review_periods import ReviewPeriod, calendar_period_of, local_day, midnight, parse_period_key
from sla.agreements.terms import Terms
from sla.closure_calendars.editions import ApprovedEdition, clip_closures, editions_in_effect

ONE_DAY = timedelta(days=1)


class EditionUsed(NamedTuple):
    """What a shared calendar closed, as far as it is part of a binding's service hours."""

    calendar_id: UUID
    number: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Binding:
    """The days on which one version binds both sides."""

    version: int
    terms: Terms
    """To evaluate with: the closures of shared calendars are among those of the service hours."""
    terms_sha256: str
    """Of the document both sides signed."""
    first_day: date
    last_day: date | None
    """Included; null when it binds until it is ended."""
    editions: tuple[EditionUsed, ...] = ()

    def covers(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class LastDayChange:
    """A last day that was set without new terms, after the version was signed."""

    version: int
    """The newest version when it was set."""
    day: date
    extends: bool
    """A renewal moves the last day of the newest version; a termination cuts everything after the day."""


@dataclass(frozen=True, slots=True)
class Schedule:
    bindings: tuple[Binding, ...]
    """Oldest first; each begins on the day after the last of the one before."""

    @property
    def first_day(self) -> date | None:
        return self.bindings[0].first_day if self.bindings else None

    @property
    def last_day(self) -> date | None:
        """Null as well when nothing is promised at all."""
        return self.bindings[-1].last_day if self.bindings else None

    def local_day(self, instant: datetime) -> date:
        return local_day(self.bindings[0].terms, instant)

    def midnight(self, day: date) -> datetime:
        """The instant at which the day begins where the service hours are."""
        return midnight(self.bindings[0].terms, day)

    def binding_on(self, day: date) -> Binding | None:
        return next((binding for binding in self.bindings if binding.covers(day)), None)

    def period_on(self, day: date) -> tuple[Binding, ReviewPeriod] | None:
        """The review period that holds `day`, and what binds in it; null when nothing binds on that day."""
        binding = self.binding_on(day)
        if binding is None:
            return None
        unit = calendar_period_of(day, binding.terms.review_period)
        first = max(unit.first_day, binding.first_day)
        after = unit.day_after if binding.last_day is None else min(unit.day_after, binding.last_day + ONE_DAY)
        opens_unit = first == max(unit.first_day, self.bindings[0].first_day)
        key = unit.key if opens_unit else first.isoformat()
        return binding, ReviewPeriod(key, self.midnight(first), self.midnight(after), first)

    def period_after(self, period: ReviewPeriod) -> tuple[Binding, ReviewPeriod] | None:
        """The next one; null when nothing is promised after `period`."""
        return self.period_on(self.local_day(period.end)) if self.bindings else None

    def period_ending_at(self, end: datetime) -> tuple[Binding, ReviewPeriod] | None:
        """The period that is over at `end`: the one that holds the moment before."""
        return self.period_on(self.local_day(end - timedelta(microseconds=1))) if self.bindings else None

    def period_by_key(self, key: str) -> tuple[Binding, ReviewPeriod] | None:
        """By its key: 2026-10, 2026-Q4, 2026, or 2026-10-16 for a part that begins when an earlier part of the same
        unit was promised too. ValueError: it is no such key.
        """
        first = parse_period_key(key)
        found = self.period_on(max(first, self.bindings[0].first_day)) if self.bindings else None
        return found if found and found[1].key == key else None

    def with_closures(self, editions: Mapping[UUID, Sequence[ApprovedEdition]]) -> "Schedule":
        """With what the approved editions of the calendars close that the terms name."""
        return Schedule(tuple(_with_closures(binding, editions) for binding in self.bindings))

    def periods_until(self, instant: datetime) -> Iterator[tuple[Binding, ReviewPeriod]]:
        """Every period that is over at `instant`, oldest first."""
        found = self.period_on(self.bindings[0].first_day) if self.bindings else None
        while found is not None and found[1].end <= instant:
            yield found
            found = self.period_after(found[1])


def _with_closures(binding: Binding, editions: Mapping[UUID, Sequence[ApprovedEdition]]) -> Binding:
    """As far as they reach into the days of the binding."""
    pieces, used = [], []
    until = date.max if binding.last_day is None else binding.last_day + ONE_DAY
    for calendar_id in binding.terms.closure_calendars:
        for one in editions_in_effect(editions[calendar_id]):
            first, end = max(one.first_day, binding.first_day), min(one.until, until)
            if first < end:
                pieces += clip_closures(one.edition.parsed_closures, first, end)
                used.append(EditionUsed(calendar_id, one.edition.number, one.edition.sha256))
    hours = binding.terms.service_hours.with_closures(piece.to_calendar_closure() for piece in pieces)
    return replace(binding, terms=binding.terms.model_copy(update={"service_hours": hours}), editions=tuple(used))


def build_schedule(versions: Sequence[Binding], last_days: Sequence[LastDayChange] = ()) -> Schedule:
    """From signed versions, each with the first and last day of its terms, by number; and last days set after them, in
    the order in which they were set. A version replaces those before it from its first day on.
    """
    bindings: list[Binding] = []
    for version in versions:
        bindings = _cut(bindings, version.first_day - ONE_DAY)
        bindings.append(version)
        for last in last_days:
            if last.version == version.version:
                bindings = _extended(bindings, last.day) if last.extends else _cut(bindings, last.day)
    return Schedule(tuple(bindings))


def _cut(bindings: Sequence[Binding], last_day: date) -> list[Binding]:
    kept = [binding for binding in bindings if binding.first_day <= last_day]
    return [
        one if one.last_day is not None and one.last_day <= last_day else replace(one, last_day=last_day)
        for one in kept
    ]


def _extended(bindings: Sequence[Binding], last_day: date) -> list[Binding]:
    """What has no last day, or a later one, keeps it."""
    newest = [replace(one, last_day=one.last_day and max(one.last_day, last_day)) for one in bindings[-1:]]
    return [*bindings[:-1], *newest]
