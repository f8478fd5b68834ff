"""The versions a statement was computed with: to compute it again takes the same time zone rules."""

from functools import lru_cache
from importlib.metadata import version

from sla.hours.time_zones import time_zone_database_version


def software_versions() -> dict[str, str]:
    return {"sla": _software(), "tzdata": time_zone_database_version()}


@lru_cache(maxsize=1)
def _software() -> str:
    return version("sla")
