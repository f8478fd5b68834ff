"""OpenSLO over HTTP: look first, then apply; and take an agreement out again."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml

from tests.sla.conftest import SlaClient
from tests.sla.openslo.conftest import check_specification


@pytest.fixture
def weekly(shared: Path) -> str:
    """The example whose window no agreement can have."""
    return (shared / "data" / "openslo" / "timeslices-slo.yaml").read_text()


async def send(
    sla_client: SlaClient, document: str, headers: dict[str, str] | None = None, **body: Any
) -> httpx.Response:
    return await sla_client.sla.client.post(
        "/openslo/imports", json={"document": document} | body, headers=headers or sla_client.manager
    )


async def indicators(sla_client: SlaClient) -> list[dict[str, Any]]:
    imported: list[dict[str, Any]] = (
        await sla_client.sla.client.get("/indicators", headers=sla_client.manager)
    ).json()["items"]
    return imported


async def test_an_import_says_first_what_it_comes_to(sla_client: SlaClient, weekly: str) -> None:
    before = await indicators(sla_client)
    answer = await send(sla_client, weekly)
    assert answer.status_code == 200, answer.text
    imported = answer.json()
    assert (imported["applied"], imported["agreement_id"]) == (False, None)
    assert "documents.0.spec.timeWindow.0.duration" in {warning["path"] for warning in imported["warnings"]}
    assert imported["indicators"][0]["indicator_id"] is None
    assert imported["terms"]["objectives"][0]["indicator_id"] is None
    assert await indicators(sla_client) == before


async def test_an_import_defines_indicators_and_drafts_an_agreement(sla_client: SlaClient, weekly: str) -> None:
    request = {
        "apply": True,
        "name": "Imported",
        "starts_on": "2026-03-01",
        "agreement": {"customer_id": str(sla_client.customer_id), "offering_id": str(sla_client.offering_id)},
    }
    answer = await send(sla_client, weekly, **request)
    assert answer.status_code == 200, answer.text
    imported = answer.json()
    assert imported["applied"]
    defined = {indicator["id"]: indicator["name"] for indicator in await indicators(sla_client)}
    assert defined[imported["indicators"][0]["indicator_id"]] == "Time when our service was running."
    drafted = (
        await sla_client.sla.client.get(f"/agreements/{imported['agreement_id']}", headers=sla_client.manager)
    ).json()
    (objective,) = drafted["version"]["terms"]["objectives"]
    assert (objective["target"], objective["slice_target"], objective["window"]) == ("99.95", "95", {"rolling_days": 7})
    assert objective["indicator_id"] == imported["indicators"][0]["indicator_id"]
    assert drafted["version"]["terms"]["service_hours"]["timezone"] == "America/New_York"
    again = await send(sla_client, weekly, apply=True)
    assert again.json()["indicators"][0]["indicator_id"] == objective["indicator_id"]
    assert len(await indicators(sla_client)) == len(defined)


async def test_a_draft_needs_a_name_and_a_first_day(sla_client: SlaClient, weekly: str) -> None:
    party = {"customer_id": str(sla_client.customer_id), "offering_id": str(sla_client.offering_id)}
    before = await indicators(sla_client)
    answer = await send(sla_client, weekly, apply=True, agreement=party)
    assert (answer.status_code, answer.json()["type"]) == (422, "/sla/v1/problems/terms-incomplete")
    assert {error["field"] for error in answer.json()["errors"]} == {"terms.name", "terms.starts_on"}
    assert await indicators(sla_client) == before


async def test_terms_of_an_import_can_be_sent_as_they_are(sla_client: SlaClient, weekly: str) -> None:
    imported = (await send(sla_client, weekly, apply=True, name="Mine", starts_on="2026-03-01")).json()
    body = {
        "customer_id": str(sla_client.customer_id),
        "offering_id": str(sla_client.offering_id),
        "terms": imported["terms"],
    }
    answer = await sla_client.sla.client.post("/agreements", json=body, headers=sla_client.manager)
    assert answer.status_code == 201, answer.text


async def test_an_agreement_is_exported_and_comes_back_the_same(sla_client: SlaClient) -> None:
    agreement = (await sla_client.draft()).json()
    answer = await sla_client.sla.client.get(f"/agreements/{agreement['id']}/openslo", headers=sla_client.manager)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/yaml"
    for document in yaml.safe_load_all(answer.text):
        check_specification(document)
    imported = (await send(sla_client, answer.text)).json()
    assert imported["warnings"] == []
    assert imported["terms"] == agreement["version"]["terms"]
    assert [indicator["indicator_id"] for indicator in imported["indicators"]] == [str(sla_client.indicator_id)]


async def test_a_copy_of_an_agreement_has_objectives_of_its_own(sla_client: SlaClient) -> None:
    agreement = (await sla_client.draft()).json()
    text = (await sla_client.sla.client.get(f"/agreements/{agreement['id']}/openslo", headers=sla_client.manager)).text
    party = {"customer_id": str(sla_client.customer_id), "offering_id": str(sla_client.offering_id)}
    imported = (await send(sla_client, text, apply=True, agreement=party)).json()
    copy = (
        await sla_client.sla.client.get(f"/agreements/{imported['agreement_id']}", headers=sla_client.manager)
    ).json()
    originals, copies = (document["version"]["terms"]["objectives"] for document in (agreement, copy))
    assert [objective | {"id": None} for objective in originals] == [objective | {"id": None} for objective in copies]
    assert not {objective["id"] for objective in originals} & {objective["id"] for objective in copies}


async def test_who_may_see_an_agreement_may_export_it(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed()
    path = f"/agreements/{agreement['id']}/openslo"
    exported = await sla_client.sla.client.get(path, headers=sla_client.customer)
    assert exported.status_code == 200
    assert (await sla_client.sla.client.get(path, headers=sla_client.headers("customer", uuid4()))).status_code == 404
    draft = (await sla_client.draft()).json()
    unseen = await sla_client.sla.client.get(f"/agreements/{draft['id']}/openslo", headers=sla_client.customer)
    assert unseen.status_code == 404
    assert (await send(sla_client, "a: 1", sla_client.customer)).status_code == 403


async def test_an_export_tells_of_an_indicator_what_its_own_route_tells(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed()
    path, route = f"/agreements/{agreement['id']}/openslo", f"/indicators/{sla_client.indicator_id}"
    definition = (await sla_client.sla.client.get(route, headers=sla_client.manager)).json()
    secrets = [definition["name"], *(binding["selector"] for binding in definition["series"])]

    for_staff = (await sla_client.sla.client.get(path, headers=sla_client.manager)).text
    for_customer = (await sla_client.sla.client.get(path, headers=sla_client.customer)).text

    assert (await sla_client.sla.client.get(route, headers=sla_client.customer)).status_code == 403
    assert all(secret in for_staff for secret in secrets)
    assert not [secret for secret in secrets if secret in for_customer]
    assert "rapport/indicator" in for_customer
    objectives = (document for document in yaml.safe_load_all(for_customer) if document["kind"] == "SLO")
    assert [document["metadata"]["displayName"] for document in objectives] == [
        objective["name"] for objective in agreement["version"]["terms"]["objectives"]
    ]


@pytest.mark.parametrize(
    ("document", "slug", "field"),
    [
        ("a: &b [*b]", "bundle-unreadable", "document"),
        ("a: 1", "bundle-not-openslo", "documents.0.apiVersion"),
        ("apiVersion: openslo/v1\nkind: Service\nmetadata: {name: a}", "bundle-not-openslo", "documents"),
        ("", None, "document"),
        ("x" * 300_000, None, "document"),
    ],
)
async def test_what_is_no_bundle_is_refused(sla_client: SlaClient, document: str, slug: str | None, field: str) -> None:
    answer = await send(sla_client, document)
    assert answer.status_code == 422
    assert slug is None or answer.json()["type"] == f"/sla/v1/problems/{slug}"
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_every_error_is_named_at_once(sla_client: SlaClient, weekly: str) -> None:
    broken = weekly.replace("target: 0.9995", "target: 99.95").replace("America/New_York", "Gotham")
    answer = await send(sla_client, broken)
    assert {error["field"] for error in answer.json()["errors"]} == {
        "documents.0.spec.objectives.0.target",
        "documents.0.spec.timeWindow.0.calendar.timeZone",
    }
    assert "99.95 % is 0.9995" in answer.text
