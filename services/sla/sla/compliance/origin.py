"""What a statement was computed with: who wants to compute it again needs the same rules of time."""

import zoneinfo
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path


def software() -> dict[str, str]:
    return {"sla": _software(), "tzdata": time_zone_version()}


@lru_cache(maxsize=1)
def _software() -> str:
    return version("sla")


@lru_cache(maxsize=1)
def time_zone_version() -> str:
    """Of the IANA database that zoneinfo reads: the system's where there is one, else the package's."""
    for directory in map(Path, zoneinfo.TZPATH):
        if (directory / "UTC").exists():
            return _installed(directory)
    return version("tzdata")


def _installed(directory: Path) -> str:
    """Systems name their version in one of these places, some in none."""
    for name, before in (("tzdata.zi", "# version "), ("+VERSION", "")):
        if (directory / name).exists():
            with (directory / name).open() as file:
                return file.readline().removeprefix(before).strip()
    return "unknown"
