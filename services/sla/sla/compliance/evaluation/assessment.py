"""Assess what was attained of one objective over one window, in exact integers."""

# Every minute or slice in the service hours is good, bad, unknown or excluded. What is excluded leaves numerator and
# denominator; what unknown counts as is the objective's choice. `in_scope` is the service time that is not excluded,
# measured or not, and `bad` what was measured as bad, so neither depends on that choice.

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import BudgetingMethod, MissingData
from sla.compliance.evaluation.exact_counts import OVERFLOW, Counts, largest, sum_exactly, sum_ratios_of_counts
from sla.compliance.evaluation.ratios import (
    RATE_PLACES,
    Ratio,
    cut_percent,
    percent_to_fraction,
    places_to_tell,
    ratio_or_none,
)
from sla.compliance.evaluation.rules_version import CURRENT_RULES, RulesVersion
from sla.hours.spans import MINUTE, Span, difference, intersection, total_length

Mask = NDArray[np.bool_]
MARGIN_PLACES = 6


@dataclass(frozen=True, slots=True)
class AssessmentRule:
    target: Fraction
    method: BudgetingMethod
    missing: MissingData = MissingData.IGNORE
    slice_target: Fraction | None = None
    empty_slices_are_good: bool = False
    """Whether a slice counts as good if it is known and nothing was counted in it, as in statements of rules V1."""

    @classmethod
    def from_percents(
        cls,
        target: Decimal,
        method: BudgetingMethod,
        missing: MissingData,
        slice_target: Decimal | None,
        version: RulesVersion = CURRENT_RULES,
    ) -> Self:
        slice_fraction = None if slice_target is None else percent_to_fraction(slice_target)
        return cls(percent_to_fraction(target), method, missing, slice_fraction, version is RulesVersion.V1)

    @property
    def slice_floor(self) -> Fraction:
        """The share of good events that makes a slice good; a minute counts as up time only when all of it is good."""
        if self.slice_target is not None:
            return self.slice_target
        return Fraction(1) if self.method is BudgetingMethod.TIME else self.target

    def is_counted(self, events: Counts, is_known: Mask) -> Mask:
        """Mask the slices that count as measured: a slice in which nothing was counted is unknown.

        Minutes of the method time are no such slices: a minute known to be without events is up.
        """
        if self.empty_slices_are_good or self.method in (BudgetingMethod.TIME, BudgetingMethod.OCCURRENCES):
            return is_known
        return is_known & (events > 0)


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
    measured_share: Ratio | None
    """Of the time in scope."""
    unit: str = "slices"
    """What the amounts are shown in."""
    scale: int = 1
    """How many of the amounts make one of the unit."""
    details: dict[str, Any] = field(default_factory=dict)
    """Further figures of this kind of objective: strings and integers."""
    good_above_total: int = 0
    """Minutes in scope in which more was good than there was."""

    @property
    def met(self) -> bool | None:
        return self.ratio.reaches(self.target) if self.ratio else None

    # Figures are cut towards the bad side, so that what missed its target never looks as if it had reached it.

    @property
    def attained(self) -> Decimal | None:
        """Percent, as shown: it reaches the target if and only if the target is met."""
        return cut_percent(self.ratio, places_to_tell(self.target))

    @property
    def margin(self) -> Decimal | None:
        """Percentage points above the target: below 0 if and only if it is missed."""
        return cut_percent(self.ratio and self.ratio.excess_over(self.target), MARGIN_PLACES)

    @property
    def burn_rate(self) -> Ratio | None:
        """The pace at which the error budget was spent, in multiples of what the target allows.

        Over the whole window of an objective, that is the share of its budget that is consumed: more than one when it
        is overspent. None where nothing was counted, and for a target of 100 %: there is nothing to spend a share of.
        Source: Google SRE workbook, chapter 5.
        """
        return self.ratio.complement.divided_by(1 - self.target) if self.ratio and self.target < 1 else None

    @property
    def budget_consumed(self) -> Decimal | None:
        """Percent of the error budget, more than 100 if and only if it is overspent; None for a target of 100 %."""
        consumed = self.burn_rate
        return consumed.to_percent(RATE_PLACES, ROUND_CEILING) if consumed else None

    @property
    def budget_remaining(self) -> Decimal | None:
        """Percent of the error budget, negative when it is overspent."""
        consumed = self.burn_rate
        return cut_percent(consumed and consumed.complement, RATE_PLACES)

    @property
    def unmeasured(self) -> int | None:
        """Time in scope that was not measured: minutes, in statements."""
        return self.measured_share.denominator - self.measured_share.numerator if self.measured_share else None

    @property
    def coverage(self) -> Decimal | None:
        """Percent of the time in scope that was measured, as shown."""
        return cut_percent(self.measured_share)


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
        measured_share=ratio_or_none(in_scope - unknown, in_scope),
    )


def assess_minutes(
    rule: AssessmentRule, good: Counts, events: Counts, is_known: Mask, in_service: Mask, excluded: Mask
) -> Assessment:
    """Assess one value per minute: good events of all events. The coverage is that of the known minutes."""
    unit = MINUTE if rule.method is BudgetingMethod.TIME else 1
    assessment = _assess_counts(rule, good, events, is_known, in_service, excluded, unit)
    scope = in_service & ~excluded
    return replace(assessment, measured_share=ratio_or_none(count_true(is_known & scope), count_true(scope)))


def assess_sliced_minutes(
    rule: AssessmentRule, good: Counts, events: Counts, is_known: Mask, in_service: Mask, excluded: Mask, length: int
) -> Assessment:
    """Assess slices of `length` minutes, counted from the start of the window; the last may be shorter.

    What is out of scope or unknown leaves its slice; a slice is in scope if any of its minutes is, and known if
    anything was counted in it. The coverage is that of the minutes.
    """
    scope = in_service & ~excluded
    measured = is_known & scope
    starts = np.arange(0, len(good), length)
    if not len(starts):
        return assess_minutes(rule, good, events, is_known, in_service, excluded)
    good, events = (np.add.reduceat(np.where(measured, column, 0), starts, dtype=np.int64) for column in (good, events))
    of_service, of_scope, of_known = (np.logical_or.reduceat(mask, starts) for mask in (in_service, scope, measured))
    assessment = _assess_counts(rule, good, events, of_known, of_service, of_service & ~of_scope, 1)
    return replace(assessment, measured_share=ratio_or_none(count_true(measured), count_true(scope)))


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
    scope = in_service & ~excluded
    is_known = rule.is_counted(events, is_known & scope)
    slices, measured = count_true(scope), count_true(is_known)
    if rule.method is BudgetingMethod.OCCURRENCES:  # where nothing was measured there is nothing to count
        in_scope, out_of_scope = max(sum_exactly(events[is_known]), 0), sum_exactly(events[excluded])
        # Counters read one after the other are out of step at the edges of the window, never beyond all events.
        bad = min(max(in_scope - sum_exactly(good[is_known]), 0), in_scope)
        ratio = ratio_or_none(in_scope - bad, in_scope)
    else:
        in_scope, out_of_scope = slices * unit, count_true(excluded) * unit
        bad = _count_bad_slices(rule, good, events, is_known)
        is_mean = rule.method is BudgetingMethod.RATIO_TIMESLICES
        attained = sum_ratios_of_counts(good[is_known], events[is_known]) if is_mean else Ratio(measured - bad, 1)
        ratio = _ratio(rule.missing, attained, measured, slices - measured)
    return Assessment(
        target=rule.target,
        ratio=ratio,
        in_scope=in_scope,
        bad=bad * unit,
        excluded=out_of_scope,
        unknown=(slices - measured) * unit,
        measured_share=ratio_or_none(measured, slices),
    )


def _count_bad_slices(rule: AssessmentRule, good: Counts, events: Counts, is_known: Mask) -> int:
    short = is_known & (good < events)
    if rule.method is BudgetingMethod.RATIO_TIMESLICES or rule.slice_floor == 1:
        return count_true(short)
    return count_true(~_reach(good[short], events[short], rule.slice_floor))  # which most often are few


def _ratio(missing: MissingData, good: Ratio, measured: int, unknown: int) -> Ratio | None:
    """Return `good` of the `measured`, with the unknown counted as the objective says."""
    numerator, denominator = good.numerator, measured
    if missing is not MissingData.IGNORE:
        denominator += unknown
    if missing is MissingData.GOOD:
        numerator += unknown * good.denominator
    return ratio_or_none(numerator, denominator * good.denominator)


def _reach(good: Counts, events: Counts, floor: Fraction) -> Mask:
    if largest(good, events) * floor.denominator >= OVERFLOW:
        good, events = good.astype(object), events.astype(object)  # Python's integers do not overflow
    else:
        good, events = good.astype(np.int64), events.astype(np.int64)
    reaches: Mask = np.asarray(good * floor.denominator >= events * floor.numerator, dtype=np.bool_)
    return reaches


def count_true(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


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
