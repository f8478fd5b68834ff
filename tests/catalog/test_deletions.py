"""Deleting services and offerings that were made by mistake."""

from typing import Any
from uuid import UUID

from published.catalog import ServiceDeleted
from tests.catalog.conftest import Catalog


async def test_a_draft_is_deleted_with_its_prices(catalog: Catalog) -> None:
    price = {"amount": "10", "currency": "EUR", "unit": "mailbox"}
    offering = await catalog.draft(price=price)
    answer = await catalog.change("DELETE", f"/offerings/{offering}", None, f"/offerings/{offering}")
    assert answer.status_code == 204
    assert (await catalog.ask("GET", f"/offerings/{offering}")).status_code == 404


async def test_a_published_offering_is_retired_instead(catalog: Catalog, problem: Any) -> None:
    offering = await catalog.published()
    answer = await catalog.change("DELETE", f"/offerings/{offering}", None, f"/offerings/{offering}")
    problem(answer, 409, "offering-not-draft")


async def test_a_service_is_deleted_once_it_has_no_offerings_and_others_hear_of_it(
    catalog: Catalog, problem: Any
) -> None:
    service = await catalog.service()
    offering = await catalog.draft(service)

    refused = await catalog.change("DELETE", f"/services/{service}", None, f"/services/{service}")
    assert "1 offering" in problem(refused, 409, "still-in-use")["detail"]
    await catalog.change("DELETE", f"/offerings/{offering}", None, f"/offerings/{offering}")
    assert (await catalog.change("DELETE", f"/services/{service}", None, f"/services/{service}")).status_code == 204

    events = [event for event in await catalog.trial.list_emitted_events() if isinstance(event, ServiceDeleted)]
    assert [event.service_id for event in events] == [UUID(service)]
    assert (await catalog.ask("GET", f"/services/{service}")).status_code == 404
