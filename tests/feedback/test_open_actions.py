"""Surveys list the actions that are open to whoever reads them."""

from random import Random
from typing import Any

import pytest

from tests.open_actions import ActionPlayer, Move


@pytest.mark.parametrize("seed", range(3))
async def test_a_survey_lists_what_is_accepted_and_nothing_else(feedback: Any, seed: int) -> None:
    customer, _ = await feedback.customer(3)
    drafted = (await feedback.ask("POST", "/surveys", json={"name": "Autumn"})).json()
    moves = {
        "change": Move("PATCH", "", {"name": "Winter"}),
        "open": Move("POST", "/opening"),
        "invite": Move("POST", "/invitations", {"customer_id": str(customer)}),
        "close": Move("POST", "/closing"),
    }
    people = {role: feedback.headers(role) for role in ("manager", "viewer")}
    player = ActionPlayer(feedback.trial.client, f"/surveys/{drafted['id']}", moves, people)

    await player.play(Random(seed), 6)

    [listed] = (await feedback.get("/surveys"))["items"]
    assert listed["actions"] == (await feedback.get(f"/surveys/{drafted['id']}"))["actions"]
    assert player.played
