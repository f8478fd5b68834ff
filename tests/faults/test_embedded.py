"""`rapport up` under the same load: it is killed and started again, and starts its own parts again by itself."""

import secrets
from collections.abc import Callable

import pytest

from tests.faults.conftest import StartRig
from tests.faults.trial import TrialPlan, run

KINDS = ("kill_service", "kill_postgres", "kill_backend", "kill_broker", "pause_postgres", "pause_broker")
SECONDS = 30

pytestmark = pytest.mark.faults


async def test_rapport_up_survives_its_parts_and_its_own_death(
    start_rapport_up: StartRig, print_at_end: Callable[[str], None]
) -> None:
    seed = secrets.randbelow(10**6)
    async with start_rapport_up() as rig:
        report = await run(rig, TrialPlan(seed, SECONDS, KINDS))
        print_at_end(f"rapport up: {report.line()}")
        assert report.settled is not None, f"seed {seed} did not settle:\n{report.findings.details()}"
        assert not report.findings, f"seed {seed}:\n{report.findings.details()}"
