"""The tour of the README, typed line by line by a machine: what it shows a new user is what they get."""

import re
import subprocess
import sys
from pathlib import Path

from tests.journeys.conftest import House

ROOT = Path(__file__).parents[2]


def tour() -> str:
    text = (ROOT / "README.md").read_text()
    section = text.partition("## A tour of five minutes")[2].partition("\n## ")[0]
    return "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))


def test_the_tour_works_as_written(house: House, tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    script = tour().replace("http://127.0.0.1:8000", house.url)
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=house.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:] + run.stdout[-4000:]
    signs = ('"state": "published"', "active", '"met": false', "60.00", '"verified": true', '"n": 1')
    for expected in (*signs, "The terms would have been missed in 0 of 1 month"):
        assert expected.replace(" ", "") in run.stdout.replace(" ", ""), f"{expected} is missing in\n{run.stdout}"
