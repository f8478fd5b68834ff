"""Log files are their owner's alone, those too that an older version left."""

from pathlib import Path

import pytest

from rapport.processes import log_files


def test_a_log_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    log_files.open_log(tmp_path / "new.log").close()

    assert (tmp_path / "new.log").stat().st_mode & 0o777 == 0o600


def test_logs_that_were_readable_for_everyone_are_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "LOG_LIMIT", 3)
    (tmp_path / "old.log").write_text("long")
    (tmp_path / "old.log").chmod(0o644)

    log_files.open_log(tmp_path / "old.log").close()

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"old.log": 0o600, "old.log.1": 0o600}
