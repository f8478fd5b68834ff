"""The schedule of an agreement: which version is in force on which day, and the review periods that follow from it."""

# A review period is a calendar unit, cut at the first day, where a version comes into force, and after the last day: so
# a statement is always about exactly one version. All versions of an agreement are in one time zone.

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple, Self
from uuid import UUID

from common.dates import ONE_DAY
from sla.agreements.review_periods import ReviewPeriod, calendar_period_of, local_day, midnight, parse_period_key
from sla.agreements.terms import Terms
from sla.closure_calendars.editions import Editions, clip_closures, editions_in_effect, editions_known_to


class EditionUsed(NamedTuple):
    """An edition of a closure calendar whose closures are part of a binding's service hours."""

    calendar_id: UUID
    number: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Binding:
    """The days on which one version of an agreement is in force."""

    version: int
    terms: Terms
    """With the closures of closure calendars among those of the service hours, as evaluations need them."""
    terms_sha256: str
    """Of the terms document that both sides signed."""
    first_day: date
    last_day: date | None
    """Included; null when it binds until it is ended."""
    editions: tuple[EditionUsed, ...] = ()
    signed_terms: Terms | None = None
    """The terms without the closures of closure calendars; null where `terms` have none of them."""
    approved_editions: Editions = field(default_factory=dict)
    """The editions that `terms` are made with, of the calendars that they name."""

    def as_of_promise(self, begun_at: datetime) -> "Binding":
        """Return the binding as it holds for a promise that began to run at an instant, which later editions leave as
        it is.
        """
        editions_then = {key: editions_known_to(editions, begun_at) for key, editions in self.approved_editions.items()}
        if self.signed_terms is None or editions_then == self.approved_editions:
            return self
        return _with_closures(replace(self, terms=self.signed_terms), editions_then)

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

    @classmethod
    def of_terms(cls, terms: Terms) -> Self:
        """Return the schedule that terms have by themselves, without the closures of closure calendars."""
        return cls((Binding(1, terms, "", terms.starts_on, terms.ends_on),))

    @property
    def first_day(self) -> date | None:
        return self.bindings[0].first_day if self.bindings else None

    @property
    def last_day(self) -> date | None:
        """Null when nothing is promised, or without an end."""
        return self.bindings[-1].last_day if self.bindings else None

    def local_day(self, instant: datetime) -> date:
        return local_day(self.bindings[0].terms, instant)

    def midnight(self, day: date) -> datetime:
        """Return the UTC instant at which the day begins where the service hours are."""
        return midnight(self.bindings[0].terms, day)

    def binding_on(self, day: date) -> Binding | None:
        return next((binding for binding in self.bindings if binding.covers(day)), None)

    def binding_at(self, instant: datetime) -> Binding | None:
        """Return the binding on the local day of the instant, or None when nothing is in force that day."""
        return self.binding_on(self.local_day(instant)) if self.bindings else None

    def period_on(self, day: date) -> tuple[Binding, ReviewPeriod] | None:
        """Return the review period that holds `day` and its binding, or None when nothing is in force that day."""
        binding = self.binding_on(day)
        if binding is None:
            return None
        unit = calendar_period_of(day, binding.terms.review_period)
        first = max(unit.first_day, binding.first_day)
        after = unit.day_after if binding.last_day is None else min(unit.day_after, binding.last_day + ONE_DAY)
        opens_unit = first == max(unit.first_day, self.bindings[0].first_day)
        key = unit.key if opens_unit else first.isoformat()
        return binding, ReviewPeriod(key, self.midnight(first), self.midnight(after), first)

    def period_at(self, instant: datetime) -> tuple[Binding, ReviewPeriod] | None:
        """Return the review period that holds the instant and its binding, or None when nothing is in force then."""
        return self.period_on(self.local_day(instant)) if self.bindings else None

    def period_ending_at(self, end: datetime) -> tuple[Binding, ReviewPeriod] | None:
        """Return the review period that is over at `end`: the one that holds the microsecond before."""
        return self.period_at(end - timedelta(microseconds=1))

    def period_by_key(self, key: str) -> tuple[Binding, ReviewPeriod] | None:
        """Find a review period by its key; raise ValueError when the key cannot be one.

        Keys are 2026-10, 2026-Q4, 2026, or 2026-10-16 for a later part of a calendar unit that is cut.
        """
        day = parse_period_key(key)
        bound_period = self.period_on(max(day, self.bindings[0].first_day)) if self.bindings else None
        return bound_period if bound_period and bound_period[1].key == key else None

    def with_closures(self, editions: Editions) -> "Schedule":
        """Add what the approved editions of the calendars close that the terms name."""
        return Schedule(tuple(_with_closures(binding, editions) for binding in self.bindings))

    def periods_until(self, instant: datetime) -> Iterator[tuple[Binding, ReviewPeriod]]:
        """Yield every review period that is over at `instant`, oldest first."""
        bound_period = self.period_on(self.bindings[0].first_day) if self.bindings else None
        while bound_period is not None and bound_period[1].end <= instant:
            yield bound_period
            bound_period = self.period_at(bound_period[1].end)


def _with_closures(binding: Binding, editions: Editions) -> Binding:
    """Add the closures that lie on days of the binding."""
    if not binding.terms.closure_calendars:
        return binding
    closures, editions_used = [], []
    day_after = date.max if binding.last_day is None else binding.last_day + ONE_DAY
    for calendar_id in binding.terms.closure_calendars:
        for edition, replaced_on in editions_in_effect(editions[calendar_id]):
            first, until = max(edition.first_day, binding.first_day), min(replaced_on, day_after)
            if first < until:
                closures += clip_closures(edition.closures, first, until)
                editions_used.append(EditionUsed(calendar_id, edition.number, edition.sha256))
    hours = binding.terms.service_hours.with_closures(closure.to_calendar_closure() for closure in closures)
    terms = binding.terms.model_copy(update={"service_hours": hours})
    approved = {calendar_id: editions[calendar_id] for calendar_id in binding.terms.closure_calendars}
    return replace(
        binding,
        terms=terms,
        editions=tuple(editions_used),
        signed_terms=binding.terms,
        approved_editions=approved,
    )


def build_schedule(versions: Sequence[Binding], last_days: Sequence[LastDayChange] = ()) -> Schedule:
    """Lay signed versions one over the other: each replaces those before it from its first day on.

    `versions` are in the order of their numbers, with the days of their terms; `last_days` in the order they were set.
    """
    bindings: list[Binding] = []
    for version in versions:
        bindings = _cut(bindings, version.first_day - ONE_DAY)
        bindings.append(version)
        for change in last_days:
            if change.version == version.version:
                bindings = _extend(bindings, change.day) if change.extends else _cut(bindings, change.day)
    return Schedule(tuple(bindings))


def _cut(bindings: Sequence[Binding], last_day: date) -> list[Binding]:
    return [
        replace(binding, last_day=min(binding.last_day or last_day, last_day))
        for binding in bindings
        if binding.first_day <= last_day
    ]


def _extend(bindings: Sequence[Binding], last_day: date) -> list[Binding]:
    """Move the last day of the newest version, unless it has none or a later one."""
    *earlier, newest = bindings
    return [*earlier, replace(newest, last_day=newest.last_day and max(newest.last_day, last_day))]
