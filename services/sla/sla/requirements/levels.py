"""The level of service a requirement wants, and how far an objective falls short of it."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from common.views import Name, Number, Whole
from sla.agreements.objectives import (
    Direction,
    IncidentObjective,
    Length,
    Objective,
    ObjectiveKind,
    Part,
    PercentileObjective,
    Target,
    VolumeObjective,
)
from sla.agreements.terms import Terms
from sla.hours.calendar import Calendar
from sla.hours.durations import format_duration
from sla.hours.spans import Span, difference, microseconds, total
from sla.hours.zones import zone_named

A_YEAR = timedelta(days=365)


class WantedShare(Part):
    """So many percent of minutes, slices or events good."""

    kind: Literal[
        ObjectiveKind.AVAILABILITY,
        ObjectiveKind.RATIO,
        ObjectiveKind.LATENCY,
        ObjectiveKind.GAUGE,
        ObjectiveKind.QUALITY,
    ]
    target: Target


class WantedPercentile(Part):
    """The `target` percentile of what is observed is at the most the limit."""

    kind: Literal[ObjectiveKind.LATENCY_PERCENTILE]
    target: Target
    limit: Annotated[Number, Field(gt=0)]


class WantedVolume(Part):
    """So many percent of hours or days with at least, or at most, so many events."""

    kind: Literal[ObjectiveKind.VOLUME]
    direction: Direction
    limit: Annotated[Whole, Field(ge=0, le=2**53)]
    per: Literal["hour", "day", "period"]
    target: Target = Decimal(100)


class WantedTime(Part):
    """So many percent of incidents answered or resolved within a time."""

    kind: Literal[ObjectiveKind.RESPONSE_TIME, ObjectiveKind.RESOLUTION_TIME]
    priorities: tuple[Annotated[Whole, Field(ge=1, le=5)], ...] = Field(min_length=1, max_length=5)
    within: Annotated[Length, Field(gt=0)]
    target: Target


Level = Annotated[WantedShare | WantedPercentile | WantedVolume | WantedTime, Field(discriminator="kind")]


class Volume(Part):
    """How much of the service is needed."""

    amount: Annotated[Number, Field(gt=0)]
    unit: Name = Field(examples=["orders"])
    per: Literal["hour", "day", "week", "month", "year"]


class Wanted(Part):
    """What a requirement asks for."""

    level: Level = Field(examples=[{"kind": "availability", "target": "99.95"}])
    hours: Calendar | None = None
    """Null: whatever hours are agreed."""
    volume: Volume | None = None


class Match(NamedTuple):
    """Whether an objective gives what is wanted; null when the two cannot be compared."""

    met: bool | None
    gaps: tuple[str, ...]


def compare(wanted: Wanted, objective: Objective, terms: Terms) -> Match:
    """`terms` are those the objective stands in."""
    level = wanted.level
    if objective.kind != level.kind:
        return Match(None, (f"{_words(level.kind)} is wanted, {_words(objective.kind)} is agreed.",))
    gaps = (*_target(level, objective), *_limits(level, objective), *_hours(wanted, objective, terms))
    return Match(not gaps, gaps)


def _target(level: Level, objective: Objective) -> Iterator[str]:
    if objective.target < level.target:
        short = (level.target - objective.target).normalize()
        yield f"{level.target} % is wanted, {objective.target} % is agreed: {short:f} points less."


def _limits(level: Level, objective: Objective) -> Iterator[str]:
    if isinstance(level, WantedPercentile) and isinstance(objective, PercentileObjective):
        if objective.limit > level.limit:
            yield f"At the most {level.limit} is wanted, {objective.limit} is agreed."
    elif isinstance(level, WantedVolume) and isinstance(objective, VolumeObjective):
        yield from _volume(level, objective)
    elif isinstance(level, WantedTime) and isinstance(objective, IncidentObjective):
        yield from _time(level, objective)


def _volume(level: WantedVolume, objective: VolumeObjective) -> Iterator[str]:
    wanted = f"{_words(level.direction)} {level.limit} per {level.per}"
    agreed = f"{_words(objective.direction)} {objective.limit} per {objective.per}"
    alike = (level.direction, level.per) == (objective.direction, objective.per)
    at_least = level.direction is Direction.AT_LEAST
    enough = objective.limit >= level.limit if at_least else objective.limit <= level.limit
    if not (alike and enough):
        yield f"{wanted} is wanted, {agreed} is agreed."


def _time(level: WantedTime, objective: IncidentObjective) -> Iterator[str]:
    if objective.within > level.within:
        yield f"{format_duration(level.within)} is wanted, {format_duration(objective.within)} is agreed."
    if missing := sorted(set(level.priorities) - set(objective.priorities)):
        yield f"Nothing is agreed for priority {', '.join(map(str, missing))}."


def _hours(wanted: Wanted, objective: Objective, terms: Terms) -> Iterator[str]:
    """Compared over the first year of the terms, closures included."""
    if wanted.hours is None:
        return
    agreed = (objective.hours if isinstance(objective, IncidentObjective) else None) or terms.service_hours
    start = datetime.combine(terms.starts_on, time.min, zone_named(terms.service_hours.timezone))
    year = Span(microseconds(start), microseconds(start + A_YEAR))
    missing = total(difference(wanted.hours.service_hours().in_service(year), agreed.service_hours().in_service(year)))
    if missing:
        yield f"{format_duration(missing)} of the hours wanted are not agreed, in the first year."


def _words(name: str) -> str:
    return str(name).replace("_", " ").capitalize()
