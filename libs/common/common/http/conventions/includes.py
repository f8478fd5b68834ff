"""What a reader asks for besides the rows: `include=compliance,issues` adds these parts, in a few queries per page."""

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Query

from common.errors import Invalid
from common.http.query_parameters import describe_unknown


class UnknownInclude(Invalid, slug="unknown-include"):
    """An address includes the parts that its documentation lists, and no others."""


def includes(parts: type[StrEnum]) -> Any:
    """Build the dependency that reads the parameter `include` as a set of `parts`."""
    names = [part.value for part in parts]
    description = f"What to add to each row, separated by commas: {', '.join(names)}."
    pattern = rf"^({'|'.join(names)})(,({'|'.join(names)}))*$"

    async def read_includes(
        include: Annotated[
            str | None,
            Query(description=description, examples=[",".join(names)], json_schema_extra={"pattern": pattern}),
        ] = None,
    ) -> frozenset[Any]:
        return frozenset(parts(name) for name in _split(include, names))

    return Depends(read_includes)


def _split(include: str | None, names: Collection[str]) -> list[str]:
    asked_for = [name.strip() for name in (include or "").split(",") if name.strip()]
    for name in asked_for:
        if name not in names:
            raise UnknownInclude(f"{name} {describe_unknown(name, names, 'part')}", field="include")
    return asked_for
