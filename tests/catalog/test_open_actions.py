"""Offerings list the actions that are open to whoever reads them."""

from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

import pytest

from common.ids import new_id
from published.sla import AgreementEnded, AgreementSigned
from tests.catalog.conftest import Catalog
from tests.open_actions import ActionPlayer, Move

PRICE = {"amount": "5", "currency": "EUR", "unit": "mailbox and month"}
MOVES = {
    "change": Move("PATCH", "", {"description": "With a calendar"}),
    "price": Move("PUT", "/prices/2030-01-01", PRICE),
    "publish": Move("POST", "/publication"),
    "retire": Move("POST", "/retirement"),
}


@pytest.mark.parametrize("seed", range(4))
async def test_an_offering_lists_what_is_accepted_and_nothing_else(catalog: Catalog, seed: int) -> None:
    offering = await catalog.draft()
    people = {role: catalog.headers(role) for role in ("owner", "viewer")}
    people["customer"] = catalog.headers("customer", new_id())
    player = ActionPlayer(catalog.trial.client, f"/offerings/{offering}", MOVES, people)

    await player.play(Random(seed), 6)

    [listed] = (await catalog.get("/offerings", "owner"))["items"]
    assert listed["actions"] == (await catalog.get(f"/offerings/{offering}", "owner"))["actions"]
    assert player.played


async def test_an_offering_with_a_live_agreement_cannot_be_retired(catalog: Catalog) -> None:
    offering, agreement, customer = await catalog.published(), new_id(), new_id()
    signed = AgreementSigned(
        agreement_id=agreement,
        version=1,
        name="Mail",
        customer_id=customer,
        offering_id=UUID(offering),
        service_name="Mail",
        starts_on=date(2026, 1, 1),
        objectives=(),
        signed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    await catalog.trial.receive(signed)
    [listed] = (await catalog.get("/offerings", "owner"))["items"]
    assert listed["actions"] == ["change", "price"]

    ended = AgreementEnded(agreement_id=agreement, customer_id=customer, ended_at=datetime(2026, 2, 1, tzinfo=UTC))
    await catalog.trial.receive(ended)

    assert "retire" in (await catalog.get(f"/offerings/{offering}", "owner"))["actions"]
