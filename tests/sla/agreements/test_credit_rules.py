"""Which credits new terms may have, wherever terms are written; and that terms of before stay what they are."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from common.canonical_json import hash_canonical_json
from sla.agreements.errors import CreditsOfWholePeriod, LadderNotShared
from sla.agreements.model import AgreementVersion
from sla.agreements.terms import Terms
from sla.drafts.credit_rules import check_credits
from tests.sla.conftest import INDICATOR, SlaClient

Document = dict[str, Any]
MakeTerms = Callable[..., Terms]

LADDER = [{"below": "99.5", "percent": "5"}, {"below": "98", "percent": "15"}]
STEPS = [{"points_below": "0", "percent": "5"}, {"points_below": "0.5", "percent": "10"}]
UPTIME = {"name": "Uptime", "kind": "availability", "indicator_id": str(INDICATOR), "target": "99.5"} | {
    "method": "time",
    "missing": "ignore",
}
SOLVED = {"name": "Solved", "kind": "resolution_time", "priorities": [1], "within": "PT4H", "target": "80"}
VOLUME = {"name": "Orders", "kind": "volume", "indicator_id": str(INDICATOR), "direction": "at_most", "limit": 100}
MIXED = {"objectives": [UPTIME, SOLVED], "credits": {"ladder": LADDER}}


@pytest.mark.parametrize(
    ("objectives", "reason"),
    [
        ([UPTIME, SOLVED], "Uptime \\(99.5 %\\) of what is measured and Solved \\(80 %\\) of incidents"),
        ([UPTIME, SOLVED | {"target": "99.5"}], "of incidents"),
        ([UPTIME, VOLUME | {"per": "hour"}], "of hours"),
        ([VOLUME | {"per": "day"}, VOLUME | {"name": "Mails", "per": "hour"}], "of days and Mails"),
        ([UPTIME, UPTIME | {"name": "Speed", "target": "95"}], "Uptime .* owes 5 % .* Speed \\(95 %\\) 15 %"),
        ([UPTIME, UPTIME | {"name": "Speed", "target": "98"}], "owes 5 %"),
    ],
)
def test_objectives_that_differ_in_kind_share_no_ladder(terms: MakeTerms, objectives: list[Any], reason: str) -> None:
    with pytest.raises(LadderNotShared, match=reason) as refusal:
        check_credits(terms(objectives=objectives, credits={"ladder": LADDER}))
    assert refusal.value.field == "terms.credits.ladder"
    assert "credits of their own" in refusal.value.message


@pytest.mark.parametrize(
    ("objectives", "credits_"),
    [
        ([UPTIME, UPTIME | {"name": "Speed", "target": "99.9"}], {"ladder": LADDER}),
        ([UPTIME, UPTIME | {"name": "Speed", "target": "98.01"}], {"ladder": LADDER}),
        ([SOLVED, SOLVED | {"name": "Answered", "kind": "response_time", "target": "90"}], {"ladder": LADDER}),
        ([SOLVED], {"ladder": LADDER}),
        ([UPTIME, SOLVED, VOLUME | {"per": "hour"}], {"steps": STEPS}),
        ([UPTIME, SOLVED | {"credits": {"steps": STEPS}}], {"ladder": LADDER}),
        ([UPTIME | {"credits": {"ladder": LADDER}}, SOLVED], {}),
        ([VOLUME | {"per": "period"}], {"ladder": LADDER[:1]}),
        ([UPTIME, SOLVED], None),
    ],
)
def test_objectives_alike_share_a_ladder_and_all_share_steps(
    terms: MakeTerms, objectives: list[Any], credits_: Document | None
) -> None:
    check_credits(terms(objectives=objectives, credits=credits_))


@pytest.mark.parametrize(
    ("own", "credits_"), [({}, {"steps": STEPS}), ({}, {"ladder": LADDER}), ({"credits": {"steps": STEPS}}, {})]
)
def test_a_volume_per_period_has_a_single_step(terms: MakeTerms, own: Document, credits_: Document) -> None:
    with pytest.raises(CreditsOfWholePeriod) as refusal:
        check_credits(terms(objectives=[VOLUME | {"per": "period"} | own], credits=credits_))
    assert refusal.value.field == "terms.objectives.0.credits"


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"].endswith("ladder-not-shared")
    assert [error["field"] for error in answer.json()["errors"]] == ["terms.credits.ladder"]


async def test_every_way_to_new_terms_refuses_a_ladder_that_cannot_be_shared(sla_client: SlaClient) -> None:
    client, headers = sla_client.sla.client, sla_client.manager
    mixed = sla_client.terms(**MIXED)
    refused(await sla_client.draft(**MIXED))
    signed = await sla_client.signed()
    later = mixed | {"starts_on": "2026-03-01"}
    refused(await sla_client.step(signed, "amendments", {"terms": later}))
    request = {"terms": mixed, "from": "2026-01-01", "to": "2026-01-31"}
    refused(await client.post("/backtests", json=request, headers=headers))

    draft = (await sla_client.draft()).json()
    path = f"/agreements/{draft['id']}"
    etag = {"If-Match": (await client.get(path, headers=headers)).headers["ETag"]}
    refused(await client.put(f"{path}/terms", json=mixed, headers=headers | etag))
    await sla_client.step(draft, "proposals", {})
    refused(await sla_client.step(draft, "proposals", {"terms": mixed}, sla_client.customer))


async def test_terms_written_before_the_rule_are_proposed_signed_and_tried(sla_client: SlaClient) -> None:
    draft = (await sla_client.draft()).json()
    document = Terms.model_validate(sla_client.terms(**MIXED)).to_document()
    async with sla_client.sla.begin() as work:
        before = {"terms_document": document, "terms_sha256": hash_canonical_json(document)}
        await work.session.execute(update(AgreementVersion).values(before))

    await sla_client.step(draft, "proposals", {})
    accepted = (await sla_client.step(draft, "acceptances", {}, sla_client.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await sla_client.step(draft, "signatures", signature)
    signed = await sla_client.step(draft, "signatures", signature, sla_client.customer)
    request = {"agreement_id": draft["id"], "from": "2026-01-01", "to": "2026-01-31"}
    tried = await sla_client.sla.client.post("/backtests", json=request, headers=sla_client.manager)

    assert signed.json()["version"]["terms_sha256"] == hash_canonical_json(document)
    assert tried.status_code == 201, tried.text
    refused(await sla_client.step(draft, "copies", {"fill_in": {"starts_on": "2026-03-01"}}))
    refused(await imported_again(sla_client, draft))


async def imported_again(sla_client: SlaClient, agreement: Document) -> httpx.Response:
    """Export the agreement to OpenSLO, and draft another one on what was exported."""
    client, manager = sla_client.sla.client, sla_client.manager
    exported = await client.get(f"/agreements/{agreement['id']}/openslo", headers=manager)
    party = {"customer_id": str(sla_client.customer_id), "offering_id": str(sla_client.offering_id)}
    body = {"document": exported.text, "apply": True, "agreement": party}
    return await client.post("/openslo/imports", json=body, headers=manager)
