"""What a change leaves of the windows announced before: pure, because the notice of each piece depends on it."""

from collections.abc import Sequence
from typing import NamedTuple

from sla.hours.spans import Span, difference, intersection, union


class WindowChanges(NamedTuple):
    """The changes from windows to others: what stays keeps its announcement, what is added is announced anew."""

    withdrawn: list[int]
    """The indexes of windows of which something is taken away."""
    remaining: list[tuple[int, Span]]
    """What is left of those, with the index of the window it was part of."""
    added: list[Span]


def compute_window_changes(current: Sequence[Span], requested: Sequence[Span]) -> WindowChanges:
    """Compute the changes from disjoint windows, in any order, to the time requested."""
    withdrawn: list[int] = []
    remaining: list[tuple[int, Span]] = []
    for index, window in enumerate(current):
        spans = intersection([window], requested)
        if spans != [window]:
            withdrawn.append(index)
            remaining.extend((index, span) for span in spans)
    return WindowChanges(withdrawn, remaining, difference(requested, union(current)))
