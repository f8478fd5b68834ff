"""Agreements drafted from templates and copied from agreements: what is filled in, remembered and left out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from sla.templates.errors import TermsIncomplete
from sla.templates.open_terms import complete_terms
from tests.sla.conftest import SlaClient, register
from tests.sla.requirements.conftest import NEW_REQUIREMENT

Document = dict[str, Any]


@dataclass(frozen=True)
class TemplateClient:
    """A manager who works with templates."""

    sla_client: SlaClient

    def open_terms(self, **changes: Any) -> Document:
        """The shop's terms, without the indicator of its availability."""
        terms = self.sla_client.terms(**changes)
        del terms["objectives"][0]["indicator_id"]
        return terms

    async def create(self, **changes: Any) -> httpx.Response:
        body = {"name": "Gold", "description": "Around the clock.", "terms": self.open_terms(**changes)}
        return await self.sla_client.sla.client.post("/agreement-templates", json=body, headers=self.sla_client.manager)

    async def published(self) -> Document:
        template = (await self.create()).json()
        return (await self.step(template, "publication")).json()

    async def step(self, template: Document, step: str) -> httpx.Response:
        path = f"/agreement-templates/{template['id']}/{step}"
        return await self.sla_client.sla.client.post(path, headers=self.sla_client.manager)

    async def replace(self, template: Document, **changes: Any) -> httpx.Response:
        path = f"/agreement-templates/{template['id']}"
        etag = (await self.read(path)).headers["ETag"]
        body = {"name": "Gold", "terms": self.open_terms(**changes)}
        headers = self.sla_client.manager | {"If-Match": etag}
        return await self.sla_client.sla.client.put(path, json=body, headers=headers)

    async def read(self, path: str, **params: str) -> httpx.Response:
        return await self.sla_client.sla.client.get(path, params=params, headers=self.sla_client.manager)

    async def draft(self, template: Document, **changes: Any) -> httpx.Response:
        indicator = {"name": "availability", "indicator_id": str(self.sla_client.indicator_id)}
        fill_in = {"starts_on": "2026-02-01", "objectives": [indicator]} | changes
        body = {
            "customer_id": str(self.sla_client.customer_id),
            "offering_id": str(self.sla_client.offering_id),
            "template_id": template["id"],
            "fill_in": fill_in,
        }
        return await self.sla_client.sla.client.post("/agreements", json=body, headers=self.sla_client.manager)


@pytest.fixture
def templates(sla_client: SlaClient) -> TemplateClient:
    return TemplateClient(sla_client)


def fields(answer: httpx.Response, status: int = 422) -> list[str]:
    assert answer.status_code == status, answer.text
    return [error["field"] for error in answer.json()["errors"]]


async def test_a_template_says_what_is_to_be_filled_in(templates: TemplateClient) -> None:
    created = await templates.create()
    template = created.json()

    assert created.status_code == 201
    assert (template["state"], template["version"]["number"]) == ("draft", 1)
    assert template["version"]["to_fill_in"] == ["objectives.Availability.indicator_id", "starts_on"]
    assert not any("id" in objective for objective in template["version"]["terms"]["objectives"])


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"penalty": 1}, "terms.penalty"),
        ({"review_period": "fortnight"}, "terms.review_period"),
        ({"credits": {"ladder": []}}, "terms.credits.ladder"),
    ],
)
async def test_a_template_holds_only_what_terms_can(templates: TemplateClient, changes: Document, place: str) -> None:
    assert fields(await templates.create(**changes)) == [place]


async def test_objectives_of_a_template_have_names_by_which_they_are_filled_in(templates: TemplateClient) -> None:
    terms = templates.open_terms()
    del terms["objectives"][0]["name"]
    client, manager = templates.sla_client.sla.client, templates.sla_client.manager

    answer = await client.post("/agreement-templates", json={"name": "Gold", "terms": terms}, headers=manager)

    assert fields(answer) == ["terms.objectives.0.name"]


@pytest.mark.parametrize("filled", ["99.5", 5, None, []])
def test_what_is_filled_in_as_an_objective_and_is_none_is_refused(templates: TemplateClient, filled: Any) -> None:
    """Also by a template from before names had to be given."""
    for objective in ({"name": "Availability", "kind": "availability"}, {"kind": "availability"}):
        with pytest.raises(TermsIncomplete):
            complete_terms(templates.open_terms() | {"objectives": [objective]}, {"objectives": [filled]}, "fill_in")


async def test_an_agreement_is_drafted_from_a_template_and_remembers_it(templates: TemplateClient) -> None:
    template = await templates.published()
    answer = await templates.draft(template, name="Shop of Example Ltd", credits={"cap": "10"})
    draft = answer.json()
    terms = draft["version"]["terms"]

    assert answer.status_code == 201, answer.text
    assert (draft["template_id"], draft["template_version"], draft["state"]) == (template["id"], 1, "draft")
    assert (draft["name"], terms["starts_on"], terms["credits"]["cap"]) == ("Shop of Example Ltd", "2026-02-01", "10")
    assert terms["objectives"][0]["indicator_id"] == str(templates.sla_client.indicator_id)
    assert terms["objectives"][0]["target"] == "99.5"


async def test_two_agreements_of_one_template_have_objectives_of_their_own(templates: TemplateClient) -> None:
    template = await templates.published()
    drafts = [(await templates.draft(template)).json() for _ in range(2)]
    first, second = ({objective["id"] for objective in draft["version"]["terms"]["objectives"]} for draft in drafts)
    assert not first & second


async def test_what_is_missing_is_named(templates: TemplateClient) -> None:
    template = await templates.published()
    missing = await templates.draft(template, starts_on=None, objectives=[])
    wrong = await templates.draft(template, objectives=[{"name": "Availability", "target": "101"}])
    assert fields(missing) == ["fill_in.objectives.Availability.indicator_id", "fill_in.starts_on"]
    assert set(fields(wrong)) == {
        "fill_in.objectives.Availability.indicator_id",
        "fill_in.objectives.Availability.target",
    }


async def test_a_changed_template_changes_later_agreements_only(templates: TemplateClient) -> None:
    template = await templates.published()
    before = (await templates.draft(template)).json()
    replaced = (await templates.replace(template, review_period="calendar_quarter")).json()
    renamed = (await templates.replace(template, review_period="calendar_quarter")).json()
    after = (await templates.draft(template)).json()

    path = f"/agreement-templates/{template['id']}/versions"
    versions = (await templates.read(path)).json()
    reread = (await templates.read(f"/agreements/{before['id']}")).json()
    listed = (await templates.read("/agreements", template_id=template["id"])).json()["items"]

    assert (replaced["version"]["number"], renamed["version"]["number"]) == (2, 2)
    assert [version["number"] for version in versions] == [1, 2]
    assert (before["template_version"], after["template_version"]) == (1, 2)
    assert reread["version"] == before["version"]
    assert after["version"]["terms"]["review_period"] == "calendar_quarter"
    assert [agreement["id"] for agreement in listed] == [before["id"], after["id"]]


async def test_only_published_templates_are_drafted_from_and_archived_ones_do_not_change(
    templates: TemplateClient,
) -> None:
    template = (await templates.create()).json()
    unpublished = await templates.draft(template)
    await templates.step(template, "publication")
    archived = await templates.step(template, "archival")
    refusals = [unpublished, await templates.draft(template), await templates.replace(template)]
    refusals.append(await templates.step(template, "publication"))
    listed = (await templates.read("/agreement-templates", state="archived")).json()["items"]

    assert archived.json()["state"] == "archived"
    assert [refusal.status_code for refusal in refusals] == [409] * 4
    types = [refusal.json()["type"].rpartition("/")[2] for refusal in refusals]
    assert types == ["template-not-published"] * 2 + ["template-archived"] * 2
    assert [item["id"] for item in listed] == [template["id"]]


async def test_terms_and_template_are_alternatives(templates: TemplateClient) -> None:
    template = await templates.published()
    party = {
        "customer_id": str(templates.sla_client.customer_id),
        "offering_id": str(templates.sla_client.offering_id),
    }
    bodies = [
        party,
        party | {"template_id": template["id"], "terms": templates.sla_client.terms()},
        party | {"terms": templates.sla_client.terms(), "fill_in": {"name": "Mine"}},
    ]
    post, manager = templates.sla_client.sla.client.post, templates.sla_client.manager
    answers = [await post("/agreements", json=body, headers=manager) for body in bodies]
    unknown = await post("/agreements", json=party | {"template_id": str(new_id())}, headers=manager)
    assert [fields(answer) for answer in answers] == [["terms"], ["terms"], ["fill_in"]]
    assert unknown.status_code == 404


async def test_templates_are_a_matter_of_managers(
    templates: TemplateClient, headers: Callable[..., dict[str, str]]
) -> None:
    template = await templates.published()
    path, client = f"/agreement-templates/{template['id']}", templates.sla_client.sla.client
    customer, viewer = templates.sla_client.customer, headers("viewer")
    body = {"name": "Mine", "terms": templates.open_terms()}
    statuses = [
        (await client.get(path, headers=customer)).status_code,
        (await client.get(path, headers=viewer)).status_code,
        (await client.post("/agreement-templates", json=body, headers=viewer)).status_code,
        (await client.post(f"{path}/archival", headers=customer)).status_code,
    ]
    assert statuses == [403, 200, 403, 403]


async def copied(sla_client: SlaClient, agreement: Document, **body: Any) -> httpx.Response:
    return await sla_client.step(agreement, "copies", {"fill_in": {"starts_on": "2026-05-01"}} | body)


async def test_a_copy_is_a_draft_on_the_terms_in_force_for_another_customer(
    sla_client: SlaClient, clock: FakeClock
) -> None:
    signed = await sla_client.signed()
    amended = sla_client.terms(starts_on="2026-03-01", review_period="calendar_quarter", ends_on="2026-12-31")
    await sla_client.step(signed, "amendments", {"terms": amended})
    clock.now = datetime(2026, 2, 10, tzinfo=UTC)
    customer_id = await register(sla_client.sla, "Another Ltd")

    answer = await copied(sla_client, signed, customer_id=str(customer_id))

    copy = answer.json()
    terms, source = copy["version"]["terms"], signed["version"]["terms"]
    assert answer.status_code == 201, answer.text
    assert (copy["state"], copy["customer_id"], copy["in_force"]) == ("draft", str(customer_id), None)
    assert (copy["version"]["number"], copy["version"]["signatures"]) == (1, [])
    assert (terms["starts_on"], terms["ends_on"], terms["review_period"]) == ("2026-05-01", None, "calendar_month")
    without_ids = [[objective | {"id": None} for objective in each["objectives"]] for each in (terms, source)]
    assert without_ids[0] == without_ids[1]
    assert {objective["id"] for objective in terms["objectives"]}.isdisjoint(
        objective["id"] for objective in source["objectives"]
    )


async def test_a_copy_answers_no_requirement_of_another_agreement(sla_client: SlaClient) -> None:
    requirement = await sla_client.sla.client.post("/requirements", json=NEW_REQUIREMENT, headers=sla_client.customer)
    assert requirement.status_code == 201, requirement.text
    objectives = sla_client.terms()["objectives"]
    objectives[0]["answers"] = [requirement.json()["id"]]
    draft = (await sla_client.draft(objectives=objectives)).json()

    copy = (await copied(sla_client, draft)).json()

    assert draft["version"]["terms"]["objectives"][0]["answers"] == [requirement.json()["id"]]
    assert copy["version"]["terms"]["objectives"][0]["answers"] == []


async def test_a_copy_names_what_is_missing_and_customers_make_none(sla_client: SlaClient) -> None:
    renewed = await sla_client.signed(ends_on="2026-12-31", renewal={"months": 12})
    assert fields(await copied(sla_client, renewed, fill_in={})) == ["fill_in.starts_on"]
    assert fields(await copied(sla_client, renewed)) == ["fill_in.renewal"]  # which moves a last day
    body = {"fill_in": {"starts_on": "2026-05-01"}}
    assert (await sla_client.step(renewed, "copies", body, sla_client.customer)).status_code == 403
