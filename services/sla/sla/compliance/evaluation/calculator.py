"""The calculator: one objective assessed from what the request itself tells."""

from collections.abc import Iterable

import numpy as np

from common.errors import Invalid
from sla.agreements.objectives import BudgetingMethod
from sla.compliance.evaluation.assessment import Assessment, AssessmentRule, Counts, assess_slices, assess_time
from sla.compliance.evaluation.calculator_views import AssessedSlice, AssessmentRequest, AssessmentResult
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import DAY, Span, clip_spans, union
from sla.hours.views import OpenTimeRange

MAX_WINDOW = 50 * 366 * DAY
MAX_SHIFTS = 40_000
MAX_EVENTS = 2**53


class WindowTooLong(Invalid, slug="window-too-long"):
    """A window holds some time, but no more than 50 years or 40,000 shifts."""


class MethodNeedsOtherData(Invalid, slug="method-needs-other-data"):
    """The method time is assessed from downtimes, every other method from slices."""


class SlicesTooShort(Invalid, slug="slices-too-short"):
    """A slice lasts a microsecond at the least."""


class TooManyEvents(Invalid, slug="too-many-events"):
    """All slices together hold 2^53 events at the most."""


def assess_request(question: AssessmentRequest) -> AssessmentResult:
    window, hours = question.window.span, question.calendar.to_service_hours()
    _check_window(hours, window)
    promise = question.objective.assessment_rule()
    return AssessmentResult.from_assessment(
        promise.method, _assessment(question, promise, window, hours.in_service_spans(window))
    )


def _assessment(question: AssessmentRequest, promise: AssessmentRule, window: Span, service: list[Span]) -> Assessment:
    exclusions = _set(question.exclusions, window)
    observed = None if question.observed is None else _set(question.observed, window)
    if promise.method is BudgetingMethod.TIME:
        if question.downtimes is None or question.slices is not None:
            raise MethodNeedsOtherData("The method time needs downtimes, and no slices.", field="downtimes")
        return assess_time(promise, service, _set(question.downtimes, window), exclusions, observed)
    if question.slices is None or question.downtimes is not None:
        raise MethodNeedsOtherData(f"The method {promise.method} needs slices, and no downtimes.", field="slices")
    if len(question.slices) > window.end - window.start:
        raise SlicesTooShort("These are more slices than the window has microseconds.", field="slices")
    good, events = _counts(question.slices)
    return assess_slices(promise, good, events, window, service, exclusions, observed)


def _check_window(hours: ServiceHours, window: Span) -> None:
    if not 0 < window.end - window.start <= MAX_WINDOW or hours.estimate_shifts(window) > MAX_SHIFTS:
        raise WindowTooLong("Ask for a window that ends after it begins, and is shorter.", field="window.to")


def _set(stretches: Iterable[OpenTimeRange], window: Span) -> list[Span]:
    return clip_spans(union(stretch.to_span(open_end=window.end) for stretch in stretches), window)


def _counts(slices: Iterable[AssessedSlice | None]) -> tuple[Counts, Counts]:
    """Good events and all events; a missing slice has none."""
    pairs = [(one.good, one.total) if one else (0, 0) for one in slices]
    if sum(events for _, events in pairs) > MAX_EVENTS:
        raise TooManyEvents("These are too many events to count exactly.", field="slices")
    good, events = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return good, events
