"""What a statement was computed with: who wants to compute it again needs the same rules of time."""

from functools import lru_cache
from importlib.metadata import version

from sla.hours.zones import database_version


def software() -> dict[str, str]:
    return {"sla": _software(), "tzdata": database_version()}


@lru_cache(maxsize=1)
def _software() -> str:
    return version("sla")
