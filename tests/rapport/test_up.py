"""`rapport up` as a person meets it: real processes, Ctrl-C, crashes, a second start."""

import asyncio
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import httpx
import psutil

from rapport.data_dir import DataDirectory
from rapport.operations.operator_access import resolve_admin_url
from rapport.postgres.cluster import is_server_process
from rapport.processes.ports import bind_port, find_free_port
from tests.processes import descendants
from tests.rapport.processes import Up, call, until


def postmaster(data: Path) -> psutil.Process:
    lines = (data / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
    return psutil.Process(int(lines[0]))


def test_up_answers_and_leaves_nothing_behind(up: Callable[..., Up]) -> None:
    rapport = up()
    rapport.wait_ready()
    page = httpx.get(rapport.url)
    assert page.headers["content-type"].startswith("text/html")
    assert "Rapport" in page.text
    assert httpx.get(f"{rapport.url}/healthz").json() == {"status": "alive"}
    for name in ("catalog", "engagement", "sla", "feedback", "reporting"):
        assert httpx.get(f"{rapport.url}/{name}/openapi.json").status_code == 200
        assert name in rapport.says()
    nowhere = httpx.get(f"{rapport.url}/nowhere/v1/things")
    assert (nowhere.status_code, nowhere.headers["content-type"]) == (404, "application/problem+json")
    assert "/catalog/v1" in nowhere.json()["detail"]
    page = httpx.get(f"{rapport.url}/catalog/v1/services", headers={"Origin": "http://localhost:5173"})
    assert page.headers["access-control-allow-origin"] == "http://localhost:5173"

    offerings = f"{rapport.url}/catalog/v1/offerings"
    assert httpx.get(offerings).status_code == 401
    assert httpx.get(offerings, headers=rapport.token("--role", "manager")).status_code == 200

    children = rapport.children()
    assert rapport.stop() == 0
    assert "Stopped" in rapport.says()
    assert not [child for child in children if child.is_running()]


def test_a_second_start_on_the_same_directory_says_who_runs_there(up: Callable[..., Up]) -> None:
    rapport = up()
    rapport.wait_ready()
    second = call("up", "--data", rapport.data, "--port", str(find_free_port()))
    assert second.returncode == 1
    assert f"already runs here ({rapport.data}): pid {rapport.process.pid}, {rapport.url}" in second.stderr
    assert rapport.is_ready()


def test_a_taken_port_is_named_with_the_way_out(place: Path) -> None:
    with bind_port(0) as holder:
        holder.listen()
        port = holder.getsockname()[1]
        answer = call("up", "--data", place / "data", "--port", str(port))
    assert answer.returncode == 1
    assert re.search(rf"Port {port} .* is used by another program.* --port", answer.stderr)


def test_a_killed_rapport_leaves_nothing_and_starts_again_with_its_data(up: Callable[..., Up]) -> None:
    first = up()
    first.wait_ready()
    manager = first.token("--role", "manager")
    body = {"name": "Mail", "description": "Sends and keeps mail.", "owner": "ada"}
    created = httpx.post(f"{first.url}/catalog/v1/services", json=body, headers=manager)
    assert created.status_code == 201, created.text
    children = first.children()
    first.stop(signal.SIGKILL)
    if sys.platform == "linux":
        until(lambda: not any(map(is_alive, children)), "the children's end", 15)

    second = up(port=first.port)
    second.wait_ready()
    listed = httpx.get(f"{second.url}/catalog/v1/services", headers=manager)
    assert [service["name"] for service in listed.json()["items"]] == ["Mail"]


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_database_and_a_broker_that_crash_are_started_again(up: Callable[..., Up]) -> None:
    rapport = up()
    rapport.wait_ready()
    manager = rapport.token("--role", "manager")
    (broker,) = descendants(rapport.process.pid, "tansu")
    postmaster(rapport.data).kill()
    broker.kill()
    until(lambda: "PostgreSQL is back" in rapport.says(), "PostgreSQL")
    until(lambda: "The broker is back" in rapport.says(), "the broker")
    assert "PostgreSQL stopped unexpectedly (killed by SIGKILL)" in rapport.says()
    rapport.wait_ready()
    assert httpx.get(f"{rapport.url}/catalog/v1/services", headers=manager).status_code == 200


def test_operators_find_their_way(up: Callable[..., Up]) -> None:
    rapport = up()
    rapport.wait_ready()
    health = call("doctor", "--data", rapport.data)
    assert health.returncode == 0, health.stdout + health.stderr
    assert "all ready" in health.stdout
    assert "0 dead letters" in health.stdout
    assert "none ends within a month" in health.stdout
    assert "Missed" not in health.stdout
    asyncio.run(insert_missed_events(resolve_admin_url(rapport.data, None)))
    health = call("doctor", "--data", rapport.data)
    assert health.returncode == 0, health.stdout
    assert "`rapport replay catalog --since`" in health.stdout
    assert "Change each entity concerned in engagement" in health.stdout
    count = call("replay", "catalog", "--dry-run", "--type", "OfferingPublished", "--data", rapport.data)
    assert count.stdout == "0 events of catalog match\n", count.stderr
    unknown = call("replay", "catalog", "--type", "OfferingPublshed", "--data", rapport.data)
    assert "OfferingPublished" in unknown.stderr
    assert call("dead-letters", "list", "--data", rapport.data).stdout == "No dead letters\n"
    rebuilt = call("rebuild", "reporting", "--yes", "--data", rapport.data)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert "Empties reporting." in rebuilt.stdout


def test_the_doctor_finds_forged_rows_of_an_audit_trail(up: Callable[..., Up]) -> None:
    rapport = up()
    rapport.wait_ready()
    asyncio.run(insert_forged_audit_row(resolve_admin_url(rapport.data, None)))

    health = call("doctor", "--data", rapport.data)

    assert health.returncode == 1
    assert "row 1 was changed" in health.stdout


async def insert_missed_events(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO sla.missed_events VALUES ('catalog', 'expired', 3, now()), ('engagement', 'deleted', 2, now())"
    )
    await connection.close()


async def insert_forged_audit_row(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        """
        INSERT INTO catalog.audit (at, actor, request, action, entity, entity_id, seal_number, seal)
        VALUES (now(), 'nobody', 'forged', 'created', 'offerings', 'x', 1, 'forged')
        """
    )
    await connection.close()


def test_without_a_running_rapport_commands_say_what_is_missing(place: Path) -> None:
    answer = call("replay", "catalog", "--data", place / "nothing")
    assert answer.returncode == 1
    assert "No Rapport runs" in answer.stderr
    assert "Traceback" not in answer.stderr
    examined = call("doctor", "--data", place / "nothing")
    assert examined.returncode == 0
    assert "not running" in examined.stdout


def test_a_token_needs_a_customer_exactly_for_the_role_customer(place: Path) -> None:
    assert call("token", "--role", "customer", "--data", place).returncode == 2
    assert call("token", "--role", "janitor", "--data", place).returncode == 2


def test_a_person_who_changes_her_mind_during_the_start_is_obeyed(up: Callable[..., Up]) -> None:
    rapport = up()
    until(lambda: DataDirectory(rapport.data).find_instance() is not None, "the lock")
    assert rapport.stop() == 0
    data = rapport.data / "postgres" / "data"
    assert not any(is_server_process(process, data) for process in psutil.process_iter())
