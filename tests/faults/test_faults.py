"""Services, PostgreSQL and the broker are killed, paused and emptied under load; nothing acknowledged may suffer."""

import os
import secrets
from collections.abc import Callable

import pytest

from tests.faults.conftest import StartRig
from tests.faults.trial import TrialPlan, run

# `RAPPORT_FAULTS_SEED=7 make test-faults` repeats what a run with seed 7 did; RUNS and SECONDS make it longer;
# RAPPORT_FAULTS_KINDS=kill_postgres,empty_broker leaves the other faults out.
RUNS = int(os.environ.get("RAPPORT_FAULTS_RUNS", "3"))
SECONDS = float(os.environ.get("RAPPORT_FAULTS_SECONDS", "50"))
KINDS = tuple(filter(None, os.environ.get("RAPPORT_FAULTS_KINDS", "").split(",")))

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("number", range(RUNS))
async def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(
    start_rig: StartRig, print_at_end: Callable[[str], None], number: int
) -> None:
    seed = int(os.environ.get("RAPPORT_FAULTS_SEED") or secrets.randbelow(10**6)) + number
    async with start_rig() as rig:
        report = await run(rig, TrialPlan(seed, SECONDS, KINDS))
        print_at_end(report.line())
        assert report.settled is not None, f"seed {seed} did not settle:\n{report.findings.details()}"
        assert not report.findings, f"seed {seed}:\n{report.findings.details()}"
