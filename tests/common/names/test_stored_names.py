"""Names that were stored before they had one form are brought into it by an upgrade, and twins stay apart."""

import asyncio

import asyncpg
from alembic import command

from common.database import migrations
from common.ids import new_id
from common.testing.databases import CreateDatabase

BEFORE = "0002"


async def test_an_upgrade_cleans_stored_names_unless_a_twin_has_the_name(new_database: CreateDatabase) -> None:
    url = await new_database("engagement")
    config = migrations.build_alembic_config("engagement", url)
    await asyncio.to_thread(command.downgrade, config, BEFORE)
    connection = await asyncpg.connect(url)
    insert = "INSERT INTO engagement.customers (id, name, version) VALUES ($1, $2, 1)"
    for name in ("Zoe\u0308", "A\u00e9", "Ae\u0301", "Sa\u200bles  EMEA", "\u200b", "Plain"):
        await connection.execute(insert, new_id(), name)

    await asyncio.to_thread(migrations.upgrade, "engagement", url)

    names = [row["name"] for row in await connection.fetch("SELECT name FROM engagement.customers ORDER BY id")]
    await connection.close()
    assert names == ["Zo\u00eb", "A\u00e9", "Ae\u0301", "Sales EMEA", "\u200b", "Plain"]
