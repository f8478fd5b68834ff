"""A statement that Rapport issued before the rules changed is verified by its own rules, here and by whoever has it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from rapport.cli import app

STORED = Path(__file__).with_name("stored_in_format_2.json")
"""Rows as the code before decision 49 wrote them: two volumes per hour of a day, of which three hours were measured for
five minutes each. At most 100 events: those hours count as kept. At least 100: they count as missed.
"""
TODAY = datetime(2026, 2, 4, 12, tzinfo=UTC)


@pytest.fixture
async def stored(sla: ServiceUnderTest, clock: FakeClock) -> dict[str, Any]:
    """The statement's row, in the database of today."""
    clock.now = TODAY
    tables: dict[str, list[dict[str, Any]]] = json.loads(STORED.read_text())
    async with sla.begin() as work:
        for table, rows in tables.items():
            columns = ", ".join(rows[0])
            source = f"json_populate_recordset(NULL::sla.{table}, CAST(:rows AS json))"
            query = f"INSERT INTO sla.{table} ({columns}) SELECT {columns} FROM {source}"  # noqa: S608 - our own names
            await work.session.execute(text(query.replace("::", r"\:\:")), {"rows": json.dumps(rows)})
    (statement,) = tables["statements"]
    return statement


@pytest.fixture
def customer(stored: dict[str, Any], headers: Callable[..., dict[str, str]]) -> dict[str, str]:
    return headers("customer", UUID(stored["customer_id"]))


async def test_a_stored_statement_of_the_second_rules_is_verified_over_http(
    sla: ServiceUnderTest, stored: dict[str, Any], customer: dict[str, str]
) -> None:
    answer = await sla.client.post(f"/statements/{stored['id']}/verification", headers=customer)

    verification = answer.json()
    checks = ("untouched", "chained", "signed", "recomputed", "verified")
    assert [verification[check] for check in checks] == [True] * 5, verification
    assert verification["differences"] == []


async def test_its_export_is_verified_offline(
    sla: ServiceUnderTest, stored: dict[str, Any], customer: dict[str, str], tmp_path: Path
) -> None:
    export, keys = tmp_path / "statement.json", tmp_path / "keys.json"
    export.write_text((await sla.client.get(f"/statements/{stored['id']}", headers=customer)).text)
    keys.write_text((await sla.client.get("/statement-keys")).text)

    result = CliRunner().invoke(app, ["verify", str(export), "--key", str(keys)])

    assert result.exit_code == 0, result.output
    assert json.loads(export.read_text())["document"]["format"] == "rapport statement 2"


async def test_a_person_who_restates_it_gets_the_newest_rules(
    sla: ServiceUnderTest, stored: dict[str, Any], headers: Callable[..., dict[str, str]]
) -> None:
    path = f"/statements/{stored['id']}/restatement"

    answer = await sla.client.post(path, json={"reason": "By the rules of today."}, headers=headers("manager"))

    before, after = stored["document"]["result"]["objectives"], answer.json()["document"]["result"]["objectives"]
    figures = [[(part["name"], part["bad"], part["unknown"]) for part in parts] for parts in (before, after)]
    assert figures == [
        [("Few refused logins", 12, 0), ("Enough orders", 12, 0)],
        [("Few refused logins", 12, 3), ("Enough orders", 9, 3)],
    ]
