"""Notices of every kind: who gives and reads them, and that they stay."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from sla.agreements.notice import Notice
from tests.sla.conftest import SlaClient
from tests.sla.notices.steps import REASON, advance_to, read_agreement
from tests.sla.problems import problem


async def test_a_notice_that_waits_is_withdrawn_or_declined(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed(ends_on="2026-06-30")
    for headers, state in ((sla_client.manager, "withdrawn"), (sla_client.customer, "declined")):
        renewal = (await sla_client.step(agreement, "renewals", REASON | {"last_day": "2027-06-30"})).json()
        answer = await sla_client.step(agreement, f"notices/{renewal['id']}/withdrawal", {}, headers)
        assert (answer.status_code, answer.json()["state"]) == (201, state)
        again = await sla_client.step(agreement, f"notices/{renewal['id']}/withdrawal", {}, headers)
        assert problem(again) == (409, "notice-already-answered")
    assert (await read_agreement(sla_client, agreement))["ends_on"] == "2026-06-30"


async def test_notices_are_given_of_what_both_sides_signed(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    later = REASON | {"last_day": "2027-06-30"}
    drafted = (await sla_client.draft()).json()
    expired = await sla_client.signed(ends_on="2026-02-10")
    await advance_to(sla, clock, datetime(2026, 2, 11, tzinfo=UTC))
    for agreement in (drafted, expired):
        for path, body in (("renewals", later), ("suspensions", REASON), ("terminations", later)):
            assert problem(await sla_client.step(agreement, path, body)) == (409, "agreement-not-in-force")


async def test_notices_are_given_by_the_two_sides_and_read_by_whom_they_concern(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    agreement = await sla_client.signed(ends_on="2026-06-30")
    renewal = (await sla_client.step(agreement, "renewals", REASON | {"last_day": "2027-06-30"})).json()
    stranger, viewer, owner = (
        sla_client.headers("customer", new_id()),
        sla_client.headers("viewer"),
        sla_client.headers("owner"),
    )
    paths = ["renewals", "suspensions", "terminations", f"notices/{renewal['id']}/consent"]
    bodies: list[dict[str, Any]] = [
        REASON | {"last_day": "2027-06-30"},
        REASON,
        REASON | {"last_day": "2026-06-30"},
        {},
    ]
    for path, body in zip(paths, bodies, strict=True):
        assert (await sla_client.step(agreement, path, body, stranger)).status_code == 404
        assert (await sla_client.step(agreement, path, body, viewer)).status_code == 403
        assert (await sla_client.step(agreement, path, body, owner)).status_code == 403
    listing = f"/agreements/{agreement['id']}/notices"
    assert (await sla.client.get(listing, headers=stranger)).status_code == 404
    assert len((await sla.client.get(listing, headers=viewer)).json()["items"]) == 1
    assert (await sla_client.step(agreement, f"notices/{new_id()}/consent", {})).status_code == 404
    other_agreement = await sla_client.signed()
    assert (
        await sla_client.step(other_agreement, f"notices/{renewal['id']}/consent", {}, sla_client.customer)
    ).status_code == 404
    assert (
        await sla_client.step(other_agreement, f"suspensions/{renewal['id']}/resumption", REASON)
    ).status_code == 404


@pytest.mark.parametrize("change", [update(Notice).values(last_day=date(2030, 1, 1)), delete(Notice)])
async def test_the_database_itself_keeps_notices_that_took_effect(
    sla_client: SlaClient, sla: ServiceUnderTest, change: Any
) -> None:
    agreement = await sla_client.signed()
    await sla_client.step(agreement, "terminations", REASON | {"last_day": "2026-06-30"})
    with pytest.raises(IntegrityError):
        async with sla.begin() as work:
            await work.session.execute(change)
