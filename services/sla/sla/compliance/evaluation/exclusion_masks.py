"""Which minutes of a window are excluded by planned maintenance, waivers and suspensions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from sla.compliance.evaluation.assessment import Mask, count_true
from sla.compliance.evaluation.windows import ServiceWindow
from sla.exclusions.exclusion_rules import Exclusion
from sla.hours.service_hours import minute_mask
from sla.hours.spans import Span, union

CAUSE_PRECEDENCE = ("suspension", "maintenance", "waiver")
"""A minute with several causes counts as the first of them."""


@dataclass(frozen=True, slots=True, eq=False)
class ExclusionMask:
    """The minutes of a window that are excluded for one objective."""

    excluded: Mask
    without_waivers: Mask
    nothing: Mask
    minutes_by_cause: Mapping[str, int]
    """Minutes in service; causes without any are left out."""


def exclusions_of_objective(exclusions: Iterable[Exclusion], objective_id: UUID) -> list[Exclusion]:
    return [
        exclusion
        for exclusion in exclusions
        if exclusion.objective_ids is None or objective_id in exclusion.objective_ids
    ]


def build_exclusion_mask(exclusions: Sequence[Exclusion], window: ServiceWindow) -> ExclusionMask:
    nothing = np.zeros(len(window), dtype=np.bool_)
    excluded, without_waivers, minutes = nothing, nothing, {}
    for cause in CAUSE_PRECEDENCE:
        inside = _inside([exclusion.span for exclusion in exclusions if exclusion.cause == cause], window)
        added = count_true(inside & window.in_service & ~excluded)
        excluded = excluded | inside
        if cause != "waiver":
            without_waivers = excluded
        if added:
            minutes[cause] = added
    return ExclusionMask(excluded, without_waivers, nothing, minutes)


def exclusions_in_window(exclusions: Sequence[Exclusion], window: ServiceWindow) -> list[tuple[Exclusion, int]]:
    """Return the exclusions that overlap the window, oldest first, each with its minutes in service."""
    return [
        (exclusion, count_true(_inside([exclusion.span], window) & window.in_service))
        for exclusion in sorted(exclusions, key=lambda exclusion: (exclusion.span, str(exclusion.id)))
        if exclusion.span.start < window.span.end and exclusion.span.end > window.span.start
    ]


def _inside(spans: Iterable[Span], window: ServiceWindow) -> Mask:
    return minute_mask(union(spans), window.span)
