"""Reading the objectives of SLOs: target, window and budgeting method."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from common.names import clean_name
from common.views import LONGEST_NAME
from sla.agreements.objectives import BudgetingMethod, CalendarUnit, CalendarWindow, MissingData, ObjectiveKind
from sla.hours.time_zones import load_zone
from sla.openslo.annotations import EDITED
from sla.openslo.bundle import Bundle
from sla.openslo.kinds import Slo, SloCalendar, SloObjective, SloSpec
from sla.openslo.time_windows import (
    ObjectiveWindow,
    describe_other_start,
    first_start_of,
    read_slice_minutes,
    read_start,
    read_time_window,
)

BUDGETING_METHODS = {
    "Occurrences": BudgetingMethod.OCCURRENCES,
    "Timeslices": BudgetingMethod.TIMESLICES,
    "RatioTimeslices": BudgetingMethod.RATIO_TIMESLICES,
}
MEASURED_KINDS = ("availability", "ratio", "latency", "gauge", "quality")


def read_slo(slo: Slo, bundle: Bundle) -> Iterator[tuple[SloObjective, dict[str, Any]]]:
    """Read the fields of each objective. What OpenSLO cannot express is as it was exported, or the default."""
    spec, title, exported = slo.spec, slo.metadata.title, slo.metadata.annotations.objective
    if exported and slo.is_as_exported:
        yield spec.objectives[0], exported | {"name": title}
        return
    if exported:
        bundle.warn(slo.at("spec"), EDITED)
    window = _read_window(spec, bundle)
    for objective in spec.objectives:
        name = f"{title}: {objective.display_name}" if objective.display_name else title
        fields = exported | {
            "name": clean_name(name, LONGEST_NAME),
            "window": window,
            "target": _read_target(objective, bundle),
        }
        if objective.composite_weight is not None:
            fields["weight"] = objective.composite_weight
        if exported.get("kind") == ObjectiveKind.LATENCY_PERCENTILE:
            fields["limit"] = objective.value
        if exported.get("kind", "ratio") in MEASURED_KINDS:
            fields |= _read_method(spec, objective, bundle)
        if not exported:
            bundle.warn(objective.at(""), "cannot say how minutes without data count, so they are ignored")
            fields["missing"] = MissingData.IGNORE
        yield objective, fields


def _read_window(spec: SloSpec, bundle: Bundle) -> ObjectiveWindow:
    if not spec.time_window:
        bundle.warn(spec.at("timeWindow"), "is missing, so the objectives cover the review period of the agreement")
        return None
    time_window = spec.time_window[0]
    if time_window.is_rolling == bool(time_window.calendar):
        bundle.refuse(time_window.at("calendar"), "must be given if the window does not roll, and only then")
    try:
        window, warning = read_time_window(time_window.duration, is_rolling=time_window.is_rolling)
    except ValueError as error:
        bundle.refuse(time_window.at("duration"), str(error))
        return None
    if warning:
        bundle.warn(time_window.at("duration"), warning)
    if time_window.calendar:
        _check_calendar(time_window.calendar, window, bundle)
    return window


def _check_calendar(calendar: SloCalendar, window: ObjectiveWindow, bundle: Bundle) -> None:
    """Check that a quarter or year begins where the window would; of a month or week, only warn that it does not."""
    try:
        load_zone(calendar.time_zone)
    except ValueError as error:
        bundle.refuse(calendar.at("timeZone"), str(error))
    try:
        start = read_start(calendar.start_time)
    except ValueError as error:
        bundle.refuse(calendar.at("startTime"), str(error))
        return
    if start == first_start_of(window, start):
        return
    if isinstance(window, CalendarWindow) and window.calendar is not CalendarUnit.CALENDAR_MONTH:
        bundle.refuse(calendar.at("startTime"), describe_other_start(window.calendar, start))
    else:
        message = "is not read: a month begins at midnight of its first day, and other windows roll"
        bundle.warn(calendar.at("startTime"), message)


def _read_target(objective: SloObjective, bundle: Bundle) -> Decimal:
    """Return the target in percent."""
    share, percent = objective.target, objective.target_percent
    target = percent or _to_percent(share or Decimal(0))
    if bool(share) == bool(percent):
        bundle.refuse(objective.at("target"), "is missing: give either target or targetPercent, not both")
    elif not 0 < target < 100:  # noqa: PLR2004 - percent
        hint = f"; {share} % is {share / 100}" if share else ""
        field = "target" if share else "targetPercent"
        bundle.refuse(objective.at(field), f"must lie between 0 and 100 %, both excluded{hint}")
    return target


def _to_percent(share: Decimal) -> Decimal:
    return Decimal(f"{(share * 100).normalize():f}")


def _read_method(spec: SloSpec, objective: SloObjective, bundle: Bundle) -> dict[str, Any]:
    method = BUDGETING_METHODS[spec.budgeting_method]
    fields: dict[str, Any] = {"method": method, "slice_minutes": 1, "slice_target": None}
    if method is not BudgetingMethod.OCCURRENCES:
        try:
            fields["slice_minutes"] = read_slice_minutes(objective.time_slice_window)
        except ValueError as error:
            bundle.refuse(objective.at("timeSliceWindow"), str(error))
    elif objective.time_slice_window is not None:
        bundle.warn(objective.at("timeSliceWindow"), "is not read, because occurrences are not counted in slices")
    if method is BudgetingMethod.TIMESLICES:
        fields["slice_target"] = _read_slice_target(objective, bundle)
    elif objective.time_slice_target is not None:
        bundle.warn(objective.at("timeSliceTarget"), "is not read, because only Timeslices has a target for each slice")
    return fields


def _read_slice_target(objective: SloObjective, bundle: Bundle) -> Decimal:
    """Return the percentage of a slice that must be good."""
    share = objective.time_slice_target
    if share is None or not 0 < share <= 1:
        problem = "is missing" if share is None else "must be more than 0 and at most 1"
        message = f"{problem}: give the share of a slice that must be good, as 0.95"
        bundle.refuse(objective.at("timeSliceTarget"), message)
        return Decimal(100)
    return _to_percent(share)
