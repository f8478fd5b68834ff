"""The viewer of OpenAPI documents: the file that is served is what its sources give."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.clients

COMMON = Path(__file__).parents[2] / "libs" / "common"
SOURCES, ASSETS = COMMON / "viewer", COMMON / "common" / "http" / "documentation" / "viewer_assets"


def test_the_viewer_is_built_from_the_sources_of_today(tmp_path: Path) -> None:
    subprocess.run(("node", "build.js", str(tmp_path)), cwd=SOURCES, check=True)

    for name in ("openapi-explorer.js", "openapi-explorer.LICENSE"):
        assert (tmp_path / name).read_bytes() == (ASSETS / name).read_bytes(), "run `make viewer`"
