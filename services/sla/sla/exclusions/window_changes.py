"""What a change of windows leaves of those announced before: pure, since the notice of each part depends on it."""

from collections.abc import Sequence
from typing import NamedTuple

from sla.hours.spans import Span, difference, intersection, union


class WindowChanges(NamedTuple):
    """Windows keep the announcement they had; what is added is announced anew."""

    withdrawn: list[int]
    """Places of windows of which something is taken away."""
    kept: list[tuple[int, Span]]
    """What is left of those, with the place of the window it was part of."""
    added: list[Span]


def compute_window_changes(standing: Sequence[Span], wanted: Sequence[Span]) -> WindowChanges:
    """From disjoint windows, in any order, to those wanted; `wanted` is a set of time."""
    withdrawn: list[int] = []
    kept: list[tuple[int, Span]] = []
    for place, window in enumerate(standing):
        left = intersection([window], wanted)
        if left != [window]:
            withdrawn.append(place)
            kept.extend((place, span) for span in left)
    return WindowChanges(withdrawn, kept, difference(wanted, union(standing)))
