"""The state of an incident follows from what was reported of it."""

import pytest

from sla.incidents.history import IncidentEventKind, IncidentState, ReportedEvent, build_history
from tests.sla.incidents.shorthand import at, reported


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["09:00 acknowledged"], IncidentState.AWAITED),
        (["09:00 opened 2"], IncidentState.OPEN),
        (["09:00 opened 2", "09:10 acknowledged"], IncidentState.ACKNOWLEDGED),
        (["09:00 opened 2", "09:10 paused a"], IncidentState.PAUSED),
        (["09:00 opened 2", "09:10 paused a", "09:20 paused b", "09:30 resumed a"], IncidentState.PAUSED),
        (["09:00 opened 2", "09:10 paused a", "09:20 paused b", "09:30 resumed"], IncidentState.OPEN),
        (["09:00 opened 2", "09:10 resolved"], IncidentState.RESOLVED),
        (["09:00 opened 2", "09:10 closed"], IncidentState.CLOSED),
        (["09:00 opened 2", "09:10 closed", "09:20 reopened"], IncidentState.OPEN),
        (["09:00 opened 2", "09:05 acknowledged", "09:10 closed", "09:20 reopened"], IncidentState.ACKNOWLEDGED),
        # Of one instant: reopened before resolved, so that it ends resolved.
        (["09:00 opened 2", "09:10 resolved", "09:20 resolved", "09:20 reopened"], IncidentState.RESOLVED),
    ],
)
def test_states(lines: list[str], state: IncidentState) -> None:
    assert build_history(reported(*lines)).state is state
    assert build_history(reversed(reported(*lines))).state is state


def test_the_sources_own_count_decides_within_an_instant() -> None:
    resolved, reopened = (
        ReportedEvent(at("09:20"), kind, kind.value, number)
        for number, kind in enumerate((IncidentEventKind.RESOLVED, IncidentEventKind.REOPENED))
    )
    assert build_history([*reported("09:00 opened 2"), reopened, resolved]).state is IncidentState.OPEN


def test_events_without_effect_are_recognised() -> None:
    lines = ["09:00 opened 2", "09:10 resumed", "09:20 priority_changed 2", "09:30 reopened", "09:40 opened 1"]
    history = build_history(reported(*lines))
    assert history.ineffective_event_ids == {"1", "2", "3", "4"}
    assert history.priority == 2
