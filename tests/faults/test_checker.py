"""The checker can fail: each planted bug turns it red, and the same faults without a bug leave it green."""

from collections.abc import Callable

import pytest

from tests.faults.conftest import StartRig
from tests.faults.trial import TrialPlan, run

CASES: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "broker_is_never_refilled": (("empty_broker",), {"LOST", "GAPS"}),
    "inbox_is_skipped": (("empty_broker",), {"TWICE"}),
    "offsets_are_bare": (("empty_broker", "kill_broker"), {"LOST", "GAPS"}),
    "pushes_are_acknowledged_too_early": (("kill_all_services",), {"SAMPLES_DIFF"}),
}
SECONDS, HEALING = 10, 20

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("bug", CASES)
async def test_a_planted_bug_is_found(start_rig: StartRig, print_at_end: Callable[[str], None], bug: str) -> None:
    kinds, expected = CASES[bug]
    async with start_rig(bug=bug) as rig:
        report = await run(rig, TrialPlan(seed=1, seconds=SECONDS, kinds=kinds, healing=HEALING))
        print_at_end(f"planted {bug}: {report.findings.counts()}")
        assert expected <= {word for word, items in report.findings.items_by_word.items() if items}, report.line()


async def test_without_a_bug_the_same_faults_are_survived(
    start_rig: StartRig, print_at_end: Callable[[str], None]
) -> None:
    kinds = tuple(dict.fromkeys(kind for kinds, _ in CASES.values() for kind in kinds))
    async with start_rig() as rig:
        report = await run(rig, TrialPlan(seed=1, seconds=SECONDS, kinds=kinds))
        print_at_end(f"planted nothing: {report.findings.counts()}")
        assert not report.findings, f"{report.line()}\n{report.findings.details()}"
