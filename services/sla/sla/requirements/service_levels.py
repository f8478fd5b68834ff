"""The level of service a requirement wants, and how far an objective falls short of it."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from common.views import Name, Number, WholeNumber
from sla.agreements.objectives import (
    ExactDuration,
    IncidentObjective,
    LimitDirection,
    Objective,
    ObjectiveKind,
    PercentileObjective,
    Target,
    TermsModel,
    VolumeObjective,
)
from sla.agreements.terms import Terms
from sla.hours.calendar import Calendar
from sla.hours.durations import format_duration
from sla.hours.spans import Span, difference, to_microseconds, total_length
from sla.hours.time_zones import load_zone

ONE_YEAR = timedelta(days=365)


class ShareLevel(TermsModel):
    """So many percent of minutes, slices or events good."""

    kind: Literal[
        ObjectiveKind.AVAILABILITY,
        ObjectiveKind.RATIO,
        ObjectiveKind.LATENCY,
        ObjectiveKind.GAUGE,
        ObjectiveKind.QUALITY,
    ]
    target: Target


class PercentileLevel(TermsModel):
    """The `target` percentile of what is observed is at the most the limit."""

    kind: Literal[ObjectiveKind.LATENCY_PERCENTILE]
    target: Target
    limit: Annotated[Number, Field(gt=0)]


class VolumeLevel(TermsModel):
    """So many percent of hours or days with at least, or at most, so many events."""

    kind: Literal[ObjectiveKind.VOLUME]
    direction: LimitDirection
    limit: Annotated[WholeNumber, Field(ge=0, le=2**53)]
    per: Literal["hour", "day", "period"]
    target: Target = Decimal(100)


class TimeLevel(TermsModel):
    """So many percent of incidents answered or resolved within a time."""

    kind: Literal[ObjectiveKind.RESPONSE_TIME, ObjectiveKind.RESOLUTION_TIME]
    priorities: tuple[Annotated[WholeNumber, Field(ge=1, le=5)], ...] = Field(min_length=1, max_length=5)
    within: Annotated[ExactDuration, Field(gt=0)]
    target: Target


RequiredLevel = Annotated[ShareLevel | PercentileLevel | VolumeLevel | TimeLevel, Field(discriminator="kind")]


class RequiredVolume(TermsModel):
    """How much of the service is needed."""

    amount: Annotated[Number, Field(gt=0)]
    unit: Name = Field(examples=["orders"])
    per: Literal["hour", "day", "week", "month", "year"]


class RequiredServiceLevel(TermsModel):
    """What a requirement asks for."""

    level: RequiredLevel = Field(examples=[{"kind": "availability", "target": "99.95"}])
    hours: Calendar | None = None
    """Null: whatever hours are agreed."""
    volume: RequiredVolume | None = None


class LevelComparison(NamedTuple):
    """Whether an objective gives what is wanted; null when the two cannot be compared."""

    met: bool | None
    gaps: tuple[str, ...]


def compare_to_objective(wanted: RequiredServiceLevel, objective: Objective, terms: Terms) -> LevelComparison:
    """`terms` are those the objective stands in."""
    level = wanted.level
    if objective.kind != level.kind:
        return LevelComparison(None, (f"{_words(level.kind)} is wanted, {_words(objective.kind)} is agreed.",))
    gaps = (*_target(level, objective), *_limits(level, objective), *_hours(wanted, objective, terms))
    return LevelComparison(not gaps, gaps)


def _target(level: RequiredLevel, objective: Objective) -> Iterator[str]:
    if objective.target < level.target:
        short = (level.target - objective.target).normalize()
        yield f"{level.target} % is wanted, {objective.target} % is agreed: {short:f} points less."


def _limits(level: RequiredLevel, objective: Objective) -> Iterator[str]:
    if isinstance(level, PercentileLevel) and isinstance(objective, PercentileObjective):
        if objective.limit > level.limit:
            yield f"At the most {level.limit} is wanted, {objective.limit} is agreed."
    elif isinstance(level, VolumeLevel) and isinstance(objective, VolumeObjective):
        yield from _volume(level, objective)
    elif isinstance(level, TimeLevel) and isinstance(objective, IncidentObjective):
        yield from _time(level, objective)


def _volume(level: VolumeLevel, objective: VolumeObjective) -> Iterator[str]:
    wanted = f"{_words(level.direction)} {level.limit} per {level.per}"
    agreed = f"{_words(objective.direction)} {objective.limit} per {objective.per}"
    alike = (level.direction, level.per) == (objective.direction, objective.per)
    at_least = level.direction is LimitDirection.AT_LEAST
    enough = objective.limit >= level.limit if at_least else objective.limit <= level.limit
    if not (alike and enough):
        yield f"{wanted} is wanted, {agreed} is agreed."


def _time(level: TimeLevel, objective: IncidentObjective) -> Iterator[str]:
    if objective.within > level.within:
        yield f"{format_duration(level.within)} is wanted, {format_duration(objective.within)} is agreed."
    if missing := sorted(set(level.priorities) - set(objective.priorities)):
        yield f"Nothing is agreed for priority {', '.join(map(str, missing))}."


def _hours(wanted: RequiredServiceLevel, objective: Objective, terms: Terms) -> Iterator[str]:
    """Compared over the first year of the terms, closures included."""
    if wanted.hours is None:
        return
    agreed = (objective.hours if isinstance(objective, IncidentObjective) else None) or terms.service_hours
    start = datetime.combine(terms.starts_on, time.min, load_zone(terms.service_hours.timezone))
    year = Span(to_microseconds(start), to_microseconds(start + ONE_YEAR))
    missing = total_length(
        difference(
            wanted.hours.to_service_hours().in_service_spans(year), agreed.to_service_hours().in_service_spans(year)
        )
    )
    if missing:
        yield f"{format_duration(missing)} of the hours wanted are not agreed, in the first year."


def _words(name: str) -> str:
    return str(name).replace("_", " ").capitalize()
