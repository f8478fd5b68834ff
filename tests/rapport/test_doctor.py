"""The doctor says what to do about each thing it finds."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from common.events.inbox import MissedBecause
from rapport.data_dir import DataDirectory, RunningInstance
from rapport.operations import database_checks, doctor
from rapport.operations.actions import Action
from rapport.operations.findings import Finding, Level
from rapport.postgres import cluster
from rapport.processes.ports import bind_port, find_free_port

QUIET = {"pending": 0.0, "oldest_pending_seconds": 0.0, "held": 0.0, "dead": 0.0}
NOW = datetime.now(UTC)
ITEM = {"since": NOW, "duty": "close_periods", "item": "2026-10", "attempts": 2, "reason": "the clock"}


def list_missed(cause: MissedBecause) -> Finding:
    return database_checks.describe_missed("sla", "catalog", {"cause": cause, "count": 3, "noticed_at": NOW})


def list_troubles_without_a_database() -> list[Finding]:
    return [
        doctor.check_python((3, 10, 9)),
        database_checks.check_version("17.6"),
        database_checks.check_clock(NOW - timedelta(hours=1)),
        database_checks.check_schema("sla", "0001", ""),
        database_checks.describe_backlog("sla", QUIET | {"dead": 1.0}),
        database_checks.describe_backlog("sla", QUIET | {"held": 1.0}),
        database_checks.describe_backlog("sla", QUIET | {"pending": 1.0, "oldest_pending_seconds": 90.0}),
        list_missed(MissedBecause.EXPIRED),
        list_missed(MissedBecause.DELETED),
        database_checks.describe_failed_items("sla", [ITEM]),
        database_checks.describe_audit_trail("sla", 7, 0, None),
        database_checks.describe_api_keys("sla", [("prometheus", NOW)]),
    ]


async def list_troubles_of_a_machine(place: Path, monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """List what is found on a machine on which nothing is as it should be."""
    data_dir = DataDirectory(place)
    (data_dir.postgres_path / "data").mkdir(parents=True)
    (data_dir.postgres_path / "data" / "PG_VERSION").write_text("17")
    monkeypatch.setattr(doctor, "FREE_BYTES", 10**18)
    monkeypatch.setattr(cluster, "program_path", lambda name: place / "nowhere" / name)
    gone = RunningInstance(pid=os.getpid(), port=find_free_port(), postgres_port=1, broker_port=1)
    with bind_port(0) as holder:
        holder.listen()
        port = doctor.check_port(holder.getsockname()[1])
    return [
        *doctor.check_programs(),
        *doctor.check_data_directory(DataDirectory(place / "nowhere")),
        *doctor.check_data_directory(data_dir),
        port,
        *[finding async for finding in doctor.check_process(data_dir)],
        *await doctor.check_readiness(gone, place / "rapport.log"),
        *doctor.describe_readiness(gone, {"sla": {"status": "not ready", "clock": "It jumped."}}, place),
        await doctor.check_listener("The broker's port", find_free_port(), place / "rapport.log"),
        *[finding async for finding in doctor.examine(place, None)],
        *[finding async for finding in doctor.examine(place, "postgresql://x:y@127.0.0.1:1/rapport")],
    ]


async def test_the_doctor_says_what_to_do_about_each_thing_it_finds(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = list_troubles_without_a_database() + await list_troubles_of_a_machine(place, monkeypatch)

    troubles = [finding for finding in findings if finding.level is not Level.ok]
    for finding in troubles:
        assert re.fullmatch(r"[A-Z].{15,}\.", finding.action), finding
        assert "{" not in finding.action, finding
    never_advised = [action.name for action in Action if not any(is_of(action, finding) for finding in troubles)]
    assert never_advised == []


def is_of(action: Action, finding: Finding) -> bool:
    pattern = re.sub(r"\\{\w+\\}", ".+", re.escape(action))
    return re.fullmatch(pattern, finding.action) is not None


def test_what_is_wrong_cannot_be_said_without_what_to_do() -> None:
    with pytest.raises(ValueError, match="needs an action"):
        Finding(Level.warning, "Kafka", "is away")
    with pytest.raises(ValueError, match="needs no action"):
        Finding(Level.ok, "Kafka", "is there", "Do nothing.")
