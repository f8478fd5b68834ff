"""Time taken out of what counts: planned maintenance, waivers and suspensions, minute by minute."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from sla.compliance.assessment import Mask
from sla.compliance.windows import Window
from sla.exclusions.policy import Exclusion
from sla.hours.service_hours import minutes_inside
from sla.hours.spans import Span, union

CAUSES = ("suspension", "maintenance", "waiver")
"""A minute with several counts as the first."""


@dataclass(frozen=True, slots=True, eq=False)
class ExclusionMask:
    """Which minutes of a window are taken out for one objective."""

    all: Mask
    agreed: Mask
    """Without waivers."""
    none: Mask
    minutes: Mapping[str, int]
    """In service, by cause; causes without any are left out."""


@dataclass(frozen=True, slots=True)
class TakenOut:
    """One exclusion that touches the review period."""

    exclusion: Exclusion
    minutes: int
    """In service, in the period."""


def applying(exclusions: Iterable[Exclusion], objective_id: UUID) -> list[Exclusion]:
    return [one for one in exclusions if one.objective_ids is None or objective_id in one.objective_ids]


def mask_of(exclusions: Sequence[Exclusion], window: Window) -> ExclusionMask:
    nothing = np.zeros(len(window), dtype=np.bool_)
    taken, agreed, minutes = nothing, nothing, {}
    for cause in CAUSES:
        inside = _inside([one.span for one in exclusions if one.cause == cause], window)
        fresh = int(np.count_nonzero(inside & window.in_service & ~taken))
        taken = taken | inside
        if cause != "waiver":
            agreed = taken
        if fresh:
            minutes[cause] = fresh
    return ExclusionMask(taken, agreed, nothing, minutes)


def listed(exclusions: Sequence[Exclusion], window: Window) -> list[TakenOut]:
    """Those of the window, oldest first."""
    found = []
    for one in sorted(exclusions, key=lambda one: (one.span, str(one.id))):
        if one.span.start < window.span.end and one.span.end > window.span.start:
            inside = _inside([one.span], window)
            found.append(TakenOut(one, int(np.count_nonzero(inside & window.in_service))))
    return found


def _inside(spans: Iterable[Span], window: Window) -> Mask:
    return minutes_inside(union(spans), window.span)
