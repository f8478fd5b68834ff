"""What a change of windows leaves of those announced before."""

from hypothesis import given
from hypothesis import strategies as st

from sla.exclusions.window_changes import compute_window_changes
from sla.hours.spans import Span, intersection, union

WINDOW = Span(10, 20)


def test_what_is_added_is_announced_anew_and_the_rest_keeps_its_announcement() -> None:
    assert compute_window_changes([WINDOW], [Span(10, 25)]) == ([], [], [Span(20, 25)])
    assert compute_window_changes([WINDOW], [Span(12, 20)]) == ([0], [(0, Span(12, 20))], [])
    assert compute_window_changes([WINDOW], [Span(15, 30)]) == ([0], [(0, Span(15, 20))], [Span(20, 30)])
    assert compute_window_changes([WINDOW], [Span(30, 40)]) == ([0], [], [Span(30, 40)])
    assert compute_window_changes([WINDOW], [Span(10, 12), Span(18, 20)]) == (
        [0],
        [(0, Span(10, 12)), (0, Span(18, 20))],
        [],
    )


def test_windows_side_by_side_stay_as_they_are() -> None:
    """A window that was extended is two, of two announcements; together they are what is requested."""
    assert compute_window_changes([Span(10, 20), Span(20, 25)], [Span(10, 25)]) == ([], [], [])


sets = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: Span(*sorted(pair)))).map(union)


@given(sets, sets)
def test_the_changes_lead_to_exactly_the_windows_requested(current: list[Span], requested: list[Span]) -> None:
    changes = compute_window_changes(current, requested)
    untouched = [span for place, span in enumerate(current) if place not in changes.withdrawn]
    assert union([*untouched, *(span for _, span in changes.remaining), *changes.added]) == requested
    assert not intersection(changes.added, current)
