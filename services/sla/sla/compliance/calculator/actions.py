"""Assess one objective from the data of the request itself."""

from collections.abc import Iterable

import numpy as np

from sla.agreements.objectives import BudgetingMethod
from sla.compliance.calculator.errors import MethodNeedsOtherData, SlicesTooShort, TooManyEvents, WindowTooLong
from sla.compliance.calculator.views import AssessedSlice, AssessmentRequest, AssessmentResult
from sla.compliance.evaluation.assessment import Assessment, AssessmentRule, assess_slices, assess_time
from sla.compliance.evaluation.exact_counts import Counts
from sla.hours.durations import LONGEST_DURATION
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import Span, clip_spans, union
from sla.hours.views import OpenTimeRange

MAX_SHIFTS = 40_000
MAX_EVENTS = 2**53


def assess_request(request: AssessmentRequest) -> AssessmentResult:
    window, hours = request.window.span, request.calendar.to_service_hours()
    _check_window(hours, window)
    objective = request.objective
    rule = AssessmentRule.from_percents(objective.target, objective.method, objective.missing, objective.slice_target)
    assessment = _assess(request, rule, window, hours.in_service_spans(window))
    return AssessmentResult.from_assessment(rule.method, assessment)


def _assess(request: AssessmentRequest, rule: AssessmentRule, window: Span, service: list[Span]) -> Assessment:
    exclusions = _to_spans(request.exclusions, window)
    observed = None if request.observed is None else _to_spans(request.observed, window)
    if rule.method is BudgetingMethod.TIME:
        if request.downtimes is None or request.slices is not None:
            raise MethodNeedsOtherData("The method time needs downtimes, and no slices.", field="downtimes")
        return assess_time(rule, service, _to_spans(request.downtimes, window), exclusions, observed)
    if request.slices is None or request.downtimes is not None:
        raise MethodNeedsOtherData(f"The method {rule.method} needs slices, and no downtimes.", field="slices")
    if len(request.slices) > window.end - window.start:
        raise SlicesTooShort("There are more slices than the window has microseconds.", field="slices")
    good, events = _to_counts(request.slices)
    return assess_slices(rule, good, events, window, service, exclusions, observed)


def _check_window(hours: ServiceHours, window: Span) -> None:
    if not 0 < window.end - window.start <= LONGEST_DURATION or hours.estimate_shifts(window) > MAX_SHIFTS:
        raise WindowTooLong("Ask for a window that ends after it begins, and is shorter.", field="window.to")


def _to_spans(ranges: Iterable[OpenTimeRange], window: Span) -> list[Span]:
    return clip_spans(union(time_range.to_span(open_end=window.end) for time_range in ranges), window)


def _to_counts(slices: Iterable[AssessedSlice | None]) -> tuple[Counts, Counts]:
    """Return good events and all events per slice; a missing slice has none."""
    pairs = [(part.good, part.total) if part else (0, 0) for part in slices]
    if sum(events for _, events in pairs) > MAX_EVENTS:
        raise TooManyEvents("There are too many events to count exactly; ask for a shorter window.", field="slices")
    good, events = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return good, events
