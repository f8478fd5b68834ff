"""What an incident is after what was told of it."""

import pytest

from sla.incidents.history import Kind, State, Told, fold
from tests.sla.incidents.shorthand import at, told


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["09:00 acknowledged"], State.AWAITED),
        (["09:00 opened 2"], State.OPEN),
        (["09:00 opened 2", "09:10 acknowledged"], State.ACKNOWLEDGED),
        (["09:00 opened 2", "09:10 paused a"], State.PAUSED),
        (["09:00 opened 2", "09:10 paused a", "09:20 paused b", "09:30 resumed a"], State.PAUSED),
        (["09:00 opened 2", "09:10 paused a", "09:20 paused b", "09:30 resumed"], State.OPEN),
        (["09:00 opened 2", "09:10 resolved"], State.RESOLVED),
        (["09:00 opened 2", "09:10 closed"], State.CLOSED),
        (["09:00 opened 2", "09:10 closed", "09:20 reopened"], State.OPEN),
        (["09:00 opened 2", "09:05 acknowledged", "09:10 closed", "09:20 reopened"], State.ACKNOWLEDGED),
        # Of one instant: reopened before resolved, so that it ends resolved.
        (["09:00 opened 2", "09:10 resolved", "09:20 resolved", "09:20 reopened"], State.RESOLVED),
    ],
)
def test_states(lines: list[str], state: State) -> None:
    assert fold(told(*lines)).state is state
    assert fold(reversed(told(*lines))).state is state


def test_the_sources_own_count_decides_within_an_instant() -> None:
    resolved, reopened = (
        Told(at("09:20"), kind, kind.value, number) for number, kind in enumerate((Kind.RESOLVED, Kind.REOPENED))
    )
    assert fold([*told("09:00 opened 2"), reopened, resolved]).state is State.OPEN


def test_what_changes_nothing_is_known() -> None:
    lines = ["09:00 opened 2", "09:10 resumed", "09:20 priority_changed 2", "09:30 reopened", "09:40 opened 1"]
    history = fold(told(*lines))
    assert history.without_effect == {"1", "2", "3", "4"}
    assert history.priority == 2
