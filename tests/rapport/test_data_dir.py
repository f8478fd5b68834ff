"""The data directory survives what a crash leaves in it."""

from pathlib import Path

from rapport.data_dir import DataDirectory


def test_a_secret_is_created_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    data_dir = DataDirectory(tmp_path)
    assert data_dir.get_or_create_secret("sla") == data_dir.get_or_create_secret("sla") != ""
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o600}


def test_an_empty_secret_that_a_crash_left_behind_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "sla").touch(mode=0o644)

    secret = DataDirectory(tmp_path).get_or_create_secret("sla")

    assert secret == DataDirectory(tmp_path).get_or_create_secret("sla") != ""
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["sla"]
    assert (tmp_path / "secrets" / "sla").stat().st_mode & 0o777 == 0o600
