"""The checker can fail: each planted bug, under the faults that bring it to light, turns it red."""

from collections.abc import Callable

import pytest

from tests.faults.conftest import Standing
from tests.faults.trial import Course, run

CASES = {
    "broker_is_never_refilled": (("empty_broker",), {"LOST", "GAPS"}),
    "inbox_is_skipped": (("empty_broker",), {"TWICE"}),
    "offsets_are_bare": (("empty_broker", "kill_broker"), {"LOST", "GAPS"}),
    "pushes_are_acknowledged_too_early": (("kill_all_services",), {"SAMPLES_DIFF"}),
}

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("bug", CASES)
async def test_a_planted_bug_is_found(rig: Standing, tell: Callable[[str], None], bug: str) -> None:
    kinds, expected = CASES[bug]
    async with rig(bug=bug) as standing:
        report = await run(standing, Course(seed=1, seconds=12, kinds=kinds, healing=10))
    tell(f"planted {bug}: {report.findings.counts()}")
    found = {word for word, items in report.findings.found.items() if items}
    assert found & expected, report.line()
