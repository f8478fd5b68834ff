"""Whatever a change holds is sealed: one row that cannot be would stop all seals after it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, update

from common import audit
from common.runtime import Runtime, utc_now
from common.service import ServiceDefinition
from tests.common.conftest import NOTES


@pytest.mark.parametrize("number", [2**53, 10**18, 1e17, 2**64 - 1, -(2**63), 1e30, 1e300, 0.1])
async def test_rows_with_numbers_of_any_size_are_sealed(
    small: Callable[[ServiceDefinition], Runtime], number: float
) -> None:
    notes = small(NOTES)
    trail = notes.tables.audit
    facts: dict[str, Any] = {"at": utc_now(), "actor": "ada", "request": "r", "action": "created", "entity": "notes"}
    async with notes.database.sessions() as session:
        for name in ("first", "second"):
            await session.execute(insert(trail).values(**facts, entity_id=name, after={"weight": number, "name": "é"}))

        assert await audit.seal(session, trail) == 2
        assert (await audit.count_unsealed(session, trail), await audit.find_broken_seal(session, trail)) == (0, None)

        forged = {"weight": number, "name": "e"}
        await session.execute(update(trail).where(trail.c.entity_id == "second").values(after=forged))
        assert await audit.find_broken_seal(session, trail) == 2
