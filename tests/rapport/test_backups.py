"""Who runs Rapport on one machine backs it up and restores it with the `rapport` command alone."""

from collections.abc import Callable
from pathlib import Path

from tests.journeys.caller import Caller
from tests.journeys.conftest import House
from tests.rapport.processes import Up, call, until

STARTING_SECONDS = 180.0


def test_a_directory_is_backed_up_while_it_runs_and_restored_elsewhere(up: Callable[..., Up], place: Path) -> None:
    backup = place / "rapport.dump"
    first = up("lost")
    until(first.is_ready, "the first start", STARTING_SECONDS)
    house = House(first.url, first.data)
    with Caller(house, house.token("manager")) as manager:
        manager.post("/catalog/v1/services", {"name": "Kept", "owner": "Ada Lovelace"})
        written = call("backup", backup, "--data", first.data, seconds=STARTING_SECONDS)
        assert written.returncode == 0, written.stderr
        manager.post("/catalog/v1/services", {"name": "Done after the backup", "owner": "Ada Lovelace"})
    assert backup.stat().st_mode & 0o077 == 0
    refused = call("restore", backup, "--yes", "--data", first.data)
    assert (refused.returncode, "already runs" in refused.stderr) == (1, True), refused.stderr
    assert first.stop() == 0

    restored = call("restore", backup, "--data", place / "restored", seconds=STARTING_SECONDS)
    assert restored.returncode == 0, restored.stderr
    second = up("restored")
    until(second.is_ready, second.says(), STARTING_SECONDS)

    house = House(second.url, second.data)
    with Caller(house, house.token("manager")) as manager:
        assert [service["name"] for service in manager.get("/catalog/v1/services")["items"]] == ["Kept"]
    health = call("doctor", "--data", second.data, seconds=STARTING_SECONDS)
    assert (health.returncode, "What to do" in health.stdout) == (0, False), health.stdout


def test_without_a_running_rapport_or_a_file_it_says_what_to_do(place: Path) -> None:
    missing = call("backup", place / "x.dump", "--data", place / "nothing")
    assert (missing.returncode, "Start it" in missing.stderr) == (1, True)
    assert not list(place.glob("x.dump*"))
    (place / "empty").touch()
    empty = call("restore", place / "empty", "--data", place / "new")
    assert (empty.returncode, "`rapport backup` wrote" in empty.stderr) == (1, True)
