"""How far an objective falls short of the service level that a requirement asks for, in sentences."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from sla.agreements.objectives import (
    IncidentObjective,
    LimitDirection,
    Objective,
    PercentileLevel,
    TimeLevel,
    VolumeLevel,
)
from sla.agreements.terms import Terms
from sla.hours.calendar import Calendar
from sla.hours.durations import format_duration
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import Span, difference, to_datetime, to_microseconds, total_length
from sla.hours.time_zones import load_zone, start_of_day, to_local_date
from sla.requirements.required_service_level import RequiredLevel, RequiredServiceLevel

ONE_YEAR = timedelta(days=365)


class LevelComparison(NamedTuple):
    met: bool | None
    """Null when the two cannot be compared."""
    gaps: tuple[str, ...]


def compare_to_objective(required: RequiredServiceLevel, objective: Objective, terms: Terms) -> LevelComparison:
    level = required.level
    if objective.kind != level.kind:
        return LevelComparison(None, (f"{_words(level.kind)} is wanted, {_words(objective.kind)} is agreed.",))
    if isinstance(level, TimeLevel) and isinstance(objective, TimeLevel) and _differ_in_unit(level, objective):
        return LevelComparison(None, (f"{level.allowed} is wanted, {objective.allowed} is agreed.",))
    hours, agreed_hours = required.hours, _agreed_hours(objective, terms)
    if _is_in_business_days(level) and hours is not None and hours.timezone != agreed_hours.timezone:
        zones = f"are wanted in the time zone {hours.timezone}, and agreed in {agreed_hours.timezone}"
        return LevelComparison(None, (f"Business days {zones}: they begin and end at other times.",))
    gaps = (*_target_gaps(level, objective), *_limit_gaps(level, objective), *_hour_gaps(required, objective, terms))
    return LevelComparison(not gaps, gaps)


def _target_gaps(level: RequiredLevel, objective: Objective) -> Iterator[str]:
    if objective.target < level.target:
        shortfall = (level.target - objective.target).normalize()
        yield f"{level.target} % is wanted, {objective.target} % is agreed: {shortfall:f} points less."


def _limit_gaps(level: RequiredLevel, objective: Objective) -> Iterator[str]:
    if isinstance(level, PercentileLevel) and isinstance(objective, PercentileLevel):
        if objective.limit > level.limit:
            yield f"At most {level.limit} is wanted, {objective.limit} is agreed."
    elif isinstance(level, VolumeLevel) and isinstance(objective, VolumeLevel):
        yield from _volume_gaps(level, objective)
    elif isinstance(level, TimeLevel) and isinstance(objective, TimeLevel):
        yield from _time_gaps(level, objective)


def _volume_gaps(level: VolumeLevel, objective: VolumeLevel) -> Iterator[str]:
    required = f"{_words(level.direction)} {level.limit} per {level.per}"
    agreed = f"{_words(objective.direction)} {objective.limit} per {objective.per}"
    is_comparable = (level.direction, level.per) == (objective.direction, objective.per)
    at_least = level.direction is LimitDirection.AT_LEAST
    is_enough = objective.limit >= level.limit if at_least else objective.limit <= level.limit
    if not (is_comparable and is_enough):
        yield f"{required} is wanted, {agreed} is agreed."


def _differ_in_unit(level: TimeLevel, objective: TimeLevel) -> bool:
    """Return whether one time is in business days and the other one is not."""
    return objective.allowed.exceeds(level.allowed) is None


def _time_gaps(level: TimeLevel, objective: TimeLevel) -> Iterator[str]:
    if objective.allowed.exceeds(level.allowed):
        yield f"{level.allowed} is wanted, {objective.allowed} is agreed."
    if missing := sorted(set(level.priorities) - set(objective.priorities)):
        yield f"Nothing is agreed for priority {', '.join(map(str, missing))}."


def _agreed_hours(objective: Objective, terms: Terms) -> Calendar:
    return (objective.hours if isinstance(objective, IncidentObjective) else None) or terms.service_hours


def _is_in_business_days(level: RequiredLevel) -> bool:
    return isinstance(level, TimeLevel) and level.within_business_days is not None


def _hour_gaps(required: RequiredServiceLevel, objective: Objective, terms: Terms) -> Iterator[str]:
    """Compare the hours over the first year of the terms, closures included."""
    if required.hours is None:
        return
    start = start_of_day(terms.starts_on, load_zone(terms.service_hours.timezone))
    year = Span(to_microseconds(start), to_microseconds(start + ONE_YEAR))
    hours, agreed_hours = required.hours.to_service_hours(), _agreed_hours(objective, terms).to_service_hours()
    if _is_in_business_days(required.level):
        yield from _business_day_gaps(hours, agreed_hours, terms.starts_on, year.end)
        return
    required_spans, agreed_spans = hours.in_service_spans(year), agreed_hours.in_service_spans(year)
    if missing := total_length(difference(required_spans, agreed_spans)):
        yield f"In the first year, {format_duration(missing)} of the hours wanted are not agreed."


def _business_day_gaps(required: ServiceHours, agreed: ServiceHours, first: date, until: int) -> Iterator[str]:
    """Compare the days, of one time zone: a promise is over at the end of one, so more hours in a day make it later."""
    agreed_ends = {_local_day(end, agreed): end for end in agreed.business_day_ends(first, until)}
    required_ends = {_local_day(end, required): end for end in required.business_day_ends(first, until) if end <= until}
    if missing := len(required_ends.keys() - agreed_ends.keys()):
        yield f"In the first year, {missing} of the business days wanted are not agreed."
    if later := sum(agreed_ends.get(day, end) > end for day, end in required_ends.items()):
        yield f"In the first year, {later} of the business days wanted end later in the hours agreed."


def _local_day(end: int, hours: ServiceHours) -> date:
    """Return the local day that has service hours up to an instant, which may be the midnight after it."""
    return to_local_date(to_datetime(end - 1), hours.zone)


def _words(name: str) -> str:
    return str(name).replace("_", " ").capitalize()
