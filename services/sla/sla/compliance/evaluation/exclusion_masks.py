"""Time taken out of what counts: planned maintenance, waivers and suspensions, minute by minute."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from sla.compliance.evaluation.assessment import Mask
from sla.compliance.evaluation.windows import ServiceWindow
from sla.exclusions.policy import Exclusion
from sla.hours.service_hours import minute_mask
from sla.hours.spans import Span, union

CAUSE_PRECEDENCE = ("suspension", "maintenance", "waiver")
"""A minute with several counts as the first."""


@dataclass(frozen=True, slots=True, eq=False)
class ExclusionMask:
    """Which minutes of a window are taken out for one objective."""

    all: Mask
    without_waivers: Mask
    """Without waivers."""
    nothing: Mask
    minutes_by_cause: Mapping[str, int]
    """In service, by cause; causes without any are left out."""


@dataclass(frozen=True, slots=True)
class PeriodExclusion:
    """One exclusion that touches the review period."""

    exclusion: Exclusion
    minutes: int
    """In service, in the period."""


def exclusions_of_objective(exclusions: Iterable[Exclusion], objective_id: UUID) -> list[Exclusion]:
    return [one for one in exclusions if one.objective_ids is None or objective_id in one.objective_ids]


def build_exclusion_mask(exclusions: Sequence[Exclusion], window: ServiceWindow) -> ExclusionMask:
    nothing = np.zeros(len(window), dtype=np.bool_)
    taken, agreed, minutes = nothing, nothing, {}
    for cause in CAUSE_PRECEDENCE:
        inside = _inside([one.span for one in exclusions if one.cause == cause], window)
        fresh = int(np.count_nonzero(inside & window.in_service & ~taken))
        taken = taken | inside
        if cause != "waiver":
            agreed = taken
        if fresh:
            minutes[cause] = fresh
    return ExclusionMask(taken, agreed, nothing, minutes)


def exclusions_in_window(exclusions: Sequence[Exclusion], window: ServiceWindow) -> list[PeriodExclusion]:
    """Those of the window, oldest first."""
    found = []
    for one in sorted(exclusions, key=lambda one: (one.span, str(one.id))):
        if one.span.start < window.span.end and one.span.end > window.span.start:
            inside = _inside([one.span], window)
            found.append(PeriodExclusion(one, int(np.count_nonzero(inside & window.in_service))))
    return found


def _inside(spans: Iterable[Span], window: ServiceWindow) -> Mask:
    return minute_mask(union(spans), window.span)
