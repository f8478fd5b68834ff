"""Assess what was attained of one objective over one window, in exact integers."""

# Every minute or slice in the service hours is good, bad, unknown or excluded. What is excluded leaves numerator and
# denominator; what unknown counts as is the objective's choice. `in_scope` is the service time that is not excluded,
# measured or not, and `bad` what was measured as bad, so neither depends on that choice.

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import BudgetingMethod, MissingData
from sla.compliance.evaluation.error_budget import ErrorBudget, compute_error_budget
from sla.compliance.evaluation.ratios import Ratio, ratio_or_none, rounded_percent, sum_ratios
from sla.hours.spans import MINUTE, Span, difference, intersection, total_length

_OVERFLOW = 2**63
_FEW = 2**16
Counts = NDArray[np.signedinteger[Any]]
"""Of any width: measured minutes come in the narrowest that holds them."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AssessmentRule:
    target: Fraction
    method: BudgetingMethod
    missing: MissingData = MissingData.IGNORE
    slice_target: Fraction | None = None

    @property
    def slice_floor(self) -> Fraction:
        """The share of good events that makes a slice good; a minute counts as up time only when all of it is good."""
        if self.slice_target is not None:
            return self.slice_target
        return Fraction(1) if self.method is BudgetingMethod.TIME else self.target


@dataclass(frozen=True, slots=True)
class Assessment:
    """Amounts are microseconds for the method time, events for occurrences, else slices."""

    target: Fraction
    ratio: Ratio | None
    """Attained; None where there is nothing to divide by."""
    in_scope: int
    bad: int
    excluded: int
    unknown: int
    """Of occurrences, the slices without events."""
    coverage: Ratio | None
    """The measured share of the time in scope."""

    @property
    def met(self) -> bool | None:
        return self.ratio.reaches(self.target) if self.ratio else None

    @property
    def attained(self) -> Decimal | None:
        """Percent, as shown."""
        return rounded_percent(self.ratio)

    @property
    def margin(self) -> Decimal | None:
        """Percentage points above the target. Its sign is the verdict's, also where what is attained looks the same."""
        return self.ratio.excess_over(self.target).to_percent_outward(6) if self.ratio else None

    @property
    def budget(self) -> ErrorBudget | None:
        return compute_error_budget(self.ratio, self.target) if self.ratio else None


def assess_time(
    rule: AssessmentRule,
    service: Sequence[Span],
    downtimes: Sequence[Span],
    exclusions: Sequence[Span],
    observed: Sequence[Span] | None,
) -> Assessment:
    """Assess sets of time; `observed` None: all of it. A recorded downtime counts, whether monitors reported or not."""
    scope = difference(service, exclusions)
    bad = total_length(intersection(scope, downtimes))
    in_scope = total_length(scope)
    unmeasured = [] if observed is None else difference(difference(scope, observed), downtimes)
    unknown = total_length(unmeasured)
    return Assessment(
        target=rule.target,
        ratio=_ratio(rule.missing, Ratio(in_scope - bad - unknown, 1), in_scope - unknown, unknown),
        in_scope=in_scope,
        bad=bad,
        excluded=total_length(service) - in_scope,
        unknown=unknown,
        coverage=ratio_or_none(in_scope - unknown, in_scope),
    )


def assess_minutes(
    rule: AssessmentRule, good: Counts, events: Counts, is_known: Mask, in_service: Mask, excluded: Mask
) -> Assessment:
    """Assess one value per minute: good events of all events. A known minute without events is a good one."""
    unit = MINUTE if rule.method is BudgetingMethod.TIME else 1
    return _assess_counts(rule, good, events, is_known, in_service, excluded, unit)


def assess_sliced_minutes(
    rule: AssessmentRule, good: Counts, events: Counts, is_known: Mask, in_service: Mask, excluded: Mask, length: int
) -> Assessment:
    """Assess slices of `length` minutes, counted from the start of the window; the last may be shorter.

    What is out of scope or unknown leaves its slice; a slice is in scope, and known, if any of its minutes is. The
    coverage is that of the minutes.
    """
    scope = in_service & ~excluded
    measured = is_known & scope
    starts = np.arange(0, len(good), length)
    if not len(starts):
        return assess_minutes(rule, good, events, is_known, in_service, excluded)
    good, events = (np.add.reduceat(np.where(measured, column, 0), starts, dtype=np.int64) for column in (good, events))
    of_service, of_scope, of_known = (np.logical_or.reduceat(mask, starts) for mask in (in_service, scope, measured))
    assessment = _assess_counts(rule, good, events, of_known, of_service, of_service & ~of_scope, 1)
    return replace(assessment, coverage=ratio_or_none(count_true(measured), count_true(scope)))


def assess_slices(
    rule: AssessmentRule,
    good: Counts,
    events: Counts,
    window: Span,
    service: Sequence[Span],
    exclusions: Sequence[Span],
    observed: Sequence[Span] | None,
) -> Assessment:
    """Assess slices that divide the window evenly.

    A slice is in service if any of it is; excluded if all of it that is in service is; unknown if nothing of what then
    remains was observed, or if it has no events.
    """
    edges = _edges(window, len(events))
    scope = difference(service, exclusions)
    in_service, in_scope = _lengths(service, edges) > 0, _lengths(scope, edges) > 0
    is_known = events > 0
    if observed is not None:
        is_known &= _lengths(intersection(scope, observed), edges) > 0
    return _assess_counts(rule, good, events, is_known, in_service, in_service & ~in_scope, 1)


def _assess_counts(
    rule: AssessmentRule, good: Counts, events: Counts, is_known: Mask, in_service: Mask, excluded: Mask, unit: int
) -> Assessment:
    excluded = in_service & excluded
    excluded_slices = count_true(excluded)
    scope = in_service & ~excluded if excluded_slices else in_service
    slices, is_known = count_true(scope), is_known & scope
    tally = _Tally(good, events, is_known, count_true(is_known), slices, rule)
    occurrences, bad = rule.method is BudgetingMethod.OCCURRENCES, tally.bad()
    return Assessment(
        target=rule.target,
        ratio=tally.ratio(bad),
        in_scope=tally.all_events() if occurrences else slices * unit,
        bad=bad * unit,
        excluded=_sum(events[excluded]) if occurrences else excluded_slices * unit,
        unknown=(slices - tally.measured) * unit,
        coverage=ratio_or_none(tally.measured, slices),
    )


@dataclass(frozen=True, slots=True)
class _Tally:
    """The slices in scope, those of them that are measured, and what all slices count."""

    good: Counts
    events: Counts
    is_known: Mask
    """And in scope."""
    measured: int
    slices: int
    rule: AssessmentRule

    def ratio(self, bad: int) -> Ratio | None:
        if self.rule.method is BudgetingMethod.OCCURRENCES:  # where nothing was measured there is nothing to count
            return ratio_or_none(self.all_events() - bad, self.all_events())
        if self.rule.method is BudgetingMethod.RATIO_TIMESLICES:
            attained = _sum_of_ratios(self.good[self.is_known], self.events[self.is_known])
        else:
            attained = Ratio(self.measured - bad, 1)
        return _ratio(self.rule.missing, attained, self.measured, self.slices - self.measured)

    def all_events(self) -> int:
        return max(_sum(self.events[self.is_known]), 0)

    def bad(self) -> int:
        if self.rule.method is BudgetingMethod.OCCURRENCES:
            # Counters read one after the other are out of step at the edges of the window, never beyond all events.
            all_events = self.all_events()
            return min(max(all_events - _sum(self.good[self.is_known]), 0), all_events)
        short = self.is_known & (self.good < self.events)
        floor = self.rule.slice_floor
        if self.rule.method is BudgetingMethod.RATIO_TIMESLICES or floor == 1:
            return count_true(short)
        return count_true(~_reach(self.good[short], self.events[short], floor))  # which most often are few


def _ratio(missing: MissingData, good: Ratio, measured: int, unknown: int) -> Ratio | None:
    """Return `good` of the `measured`, with the unknown counted as the objective says."""
    numerator, denominator = good.numerator, measured
    if missing is not MissingData.IGNORE:
        denominator += unknown
    if missing is MissingData.GOOD:
        numerator += unknown * good.denominator
    return ratio_or_none(numerator, denominator * good.denominator)


def _reach(good: Counts, events: Counts, floor: Fraction) -> Mask:
    if _largest(good, events) * floor.denominator >= _OVERFLOW:
        good, events = good.astype(object), events.astype(object)  # Python's integers do not overflow
    else:
        good, events = good.astype(np.int64), events.astype(np.int64)
    reaches: Mask = np.asarray(good * floor.denominator >= events * floor.numerator, dtype=np.bool_)
    return reaches


def count_true(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _sum(column: Counts) -> int:
    return int(column.sum(dtype=np.int64)) if _largest(column) * len(column) < _OVERFLOW else sum(column.tolist())


def _largest(*columns: Counts) -> int:
    return max(max(int(column.max(initial=0)), -int(column.min(initial=0))) for column in columns)


def _sum_of_ratios(good: Counts, events: Counts) -> Ratio:
    """Add up the ratio of each slice; slices without events count as one, if nothing was bad in them."""
    empty = events <= 0
    events = np.where(empty, 1, events)
    good = np.clip(np.where(empty, good >= 0, good), 0, events)
    group = _group_few if _largest(events) < _FEW else _group_any
    return sum_ratios([Ratio(*pair) for pair in zip(*group(good, events), strict=True)])


def _group_few(good: Counts, events: Counts) -> tuple[list[int], list[int]]:
    """Return the good events of all slices with as many events, and the distinct numbers of events."""
    sums = np.bincount(events, weights=good)  # sums that floats hold exactly, unless there are 2^53 / 2^16 slices
    distinct = np.flatnonzero(np.bincount(events))
    return sums[distinct].astype(np.int64).tolist(), distinct.tolist()


def _group_any(good: Counts, events: Counts) -> tuple[list[int], list[int]]:
    distinct, position = np.unique(events, return_inverse=True)
    exact: type = object if _largest(good) * len(good) >= _OVERFLOW else np.int64
    sums: NDArray[Any] = np.zeros(len(distinct), dtype=exact)
    np.add.at(sums, position, good.astype(exact))
    return sums.tolist(), distinct.tolist()


def _edges(window: Span, slices: int) -> Counts:
    length = window.end - window.start
    return np.array([window.start + length * i // (slices or 1) for i in range(slices + 1)], dtype=np.int64)


def _lengths(spans: Sequence[Span], edges: Counts) -> Counts:
    """Return how much of the spans lies between each edge and the next."""
    if not spans:
        return np.zeros(len(edges) - 1, dtype=np.int64)
    starts, ends = np.array(spans, dtype=np.int64).T
    before = np.concatenate(([0], np.cumsum(ends - starts)))
    last = np.maximum(np.searchsorted(starts, edges, side="right") - 1, 0)
    inside = np.clip(edges, starts[last], ends[last]) - starts[last]
    lengths: Counts = np.diff(before[last] + inside)
    return lengths
