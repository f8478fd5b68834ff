"""A drill: a Rapport is backed up while it runs, is lost with all its data, and goes on from the backup."""

import asyncio
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any

from rapport.operations.operator_access import resolve_admin_url
from rapport.postgres import cluster
from rapport.postgres.server import Postgres
from rapport.service_names import ServiceName
from tests.journeys.caller import Caller, agree
from tests.journeys.conftest import House
from tests.processes import descendants, signal_all
from tests.rapport.processes import PROGRAM, Up, call, until

DEPLOY = Path(__file__).parents[3] / "deploy"
STARTING_SECONDS = 180.0
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
MONTH = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)


def run_script(name: str, file: Path, admin_url: str) -> None:
    passwords = {f"RAPPORT_{service.upper()}_PASSWORD": "drill" for service in ServiceName}
    programs = f"{cluster.program_path('pg_dump').parent}:{PROGRAM.parent}:{os.environ['PATH']}"
    environment = os.environ | passwords | {"PATH": programs, "RAPPORT_ADMIN_URL": admin_url}
    done = subprocess.run(
        [DEPLOY / name, file], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def sign_and_close(house: House, manager: Caller) -> Any:
    """Sign an agreement on what was measured last month, and close that month."""
    with Caller(house, house.token("admin")) as admin:
        key = admin.post("/sla/v1/api-keys", {"name": "probe"})["key"]
    series = {"__name__": "probe_success", "job": "drill"}
    indicator = manager.post(
        "/sla/v1/indicators",
        {
            "name": "Answers",
            "kind": "availability",
            "holds_for": 3600,
            "series": [{"selector": 'probe_success{job="drill"}'}],
        },
    )["id"]
    times = [MONTH + timedelta(minutes=30 * number) for number in range(31 * 48)]
    samples = [{"series": series, "at": at.isoformat(), "value": int(at.day != 9)} for at in times if at < TODAY]
    with Caller(house, key) as probe:
        probe.client.post("/sla/v1/push/samples", json={"samples": samples}).raise_for_status()
    objective = {"name": "Up", "kind": "availability", "indicator_id": indicator, "target": "99", "method": "time"}
    terms = {
        "name": "Drilled",
        "service_hours": {"timezone": "UTC", "hours": "24x7", "closures": []},
        "objectives": [objective | {"missing": "good", "coverage_floor": "0"}],
        "starts_on": MONTH.date().isoformat(),
    }
    agreement, customer = agree(house, manager, "Drill", terms)
    statement = manager.patiently(f"/sla/v1/agreements/{agreement['id']}/statements", {"period": f"{MONTH:%Y-%m}"})
    return statement, customer, terms


def publish_offering(manager: Caller, name: str) -> str:
    service = manager.post("/catalog/v1/services", {"name": name, "owner": "Ada Lovelace"})["id"]
    offering = manager.post("/catalog/v1/offerings", {"service_id": service, "name": name, "tier": "gold"})["id"]
    manager.post(f"/catalog/v1/offerings/{offering}/publication")
    return str(offering)


def restore(data: Path, file: Path) -> None:
    async def run() -> None:
        async with Postgres(data / "postgres", durable=False) as postgres:
            await asyncio.to_thread(run_script, "restore.sh", file, postgres.dsn("rapport"))

    asyncio.run(run())


def test_a_lost_rapport_goes_on_from_its_backup(up: Callable[..., Up], place: Path) -> None:
    backup = place / "rapport.dump"
    first = up("lost")
    until(first.is_ready, "the first start", STARTING_SECONDS)
    house = House(first.url, first.data)
    with Caller(house, house.token("manager")) as manager:
        statement, customer, terms = sign_and_close(house, manager)
        exported = manager.get(f"/sla/v1/statements/{statement['id']}/export")
        broker = descendants(first.process.pid, "tansu")
        signal_all(broker, SIGSTOP)
        waiting = publish_offering(manager, "Told to nobody yet")
        run_script("backup.sh", backup, resolve_admin_url(first.data, None))
        signal_all(broker, SIGCONT)
        publish_offering(manager, "Done after the backup")
    assert backup.stat().st_mode & 0o077 == 0
    assert first.stop() == 0

    restore(place / "restored", backup)
    second = up("restored")
    until(second.is_ready, second.says(), STARTING_SECONDS)

    house = House(second.url, second.data)
    with Caller(house, house.token("manager")) as manager:
        services = [service["name"] for service in manager.get("/catalog/v1/services")["items"]]
        assert sorted(services) == ["Drill", "Told to nobody yet"]
        # What waited in the outbox has reached the other services, and what they knew is not doubled.
        manager.patiently("/sla/v1/agreements", {"customer_id": customer, "offering_id": waiting, "terms": terms})
        scorecard = manager.get(f"/reporting/v1/customers/{customer}/scorecard", period=f"{MONTH:%Y-%m}")
        assert len(scorecard["scorecard"]["statements"]) == 1
        assert manager.get(f"/sla/v1/statements/{statement['id']}/export") == exported
        verification = manager.client.post(f"/sla/v1/statements/{statement['id']}/verification", json={})
        assert verification.json()["verified"], verification.text
        # And the story goes on.
        again = publish_offering(manager, "Done after the backup")
        manager.patiently("/sla/v1/agreements", {"customer_id": customer, "offering_id": again, "terms": terms})
    health = call("doctor", "--data", second.data, seconds=STARTING_SECONDS)
    assert health.returncode == 0, health.stdout
    assert "Missed" not in health.stdout
    assert "What to do" not in health.stdout, health.stdout
