"""What a contract holds besides its terms: agreements, obligations, and the calendar of its dates."""

from sqlalchemy import update

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from sla.contracts.model import Contract
from tests.sla.contracts.conftest import ContractClient
from tests.sla.problems import problem


async def test_agreements_of_the_same_customer_are_attached_once(
    contracts: ContractClient, sla: ServiceUnderTest
) -> None:
    contract, agreement = await contracts.signed(), await contracts.sla_client.signed()
    path = f"/{contract['id']}/agreements/{agreement['id']}"
    for _ in range(2):
        answer = await contracts.send("PUT", path)
        assert (answer.status_code, answer.json()["agreement_ids"]) == (200, [agreement["id"]])
    listed = (await contracts.send("GET", f"?agreement_id={agreement['id']}")).json()["items"]
    assert [item["id"] for item in listed] == [contract["id"]]
    assert (await contracts.send("GET", f"?agreement_id={new_id()}")).json()["items"] == []
    async with sla.begin() as work:
        await work.session.execute(update(Contract).values(customer_id=new_id()))
    refused = await contracts.send("PUT", path)
    assert problem(refused) == (422, "agreement-of-another-customer")
    assert refused.json()["errors"][0]["field"] == "agreement_id"
    assert (await contracts.send("PUT", f"/{contract['id']}/agreements/{new_id()}")).status_code == 404
    assert (await contracts.send("DELETE", path)).json()["agreement_ids"] == []
    assert (await contracts.send("DELETE", path)).status_code == 404


async def test_each_side_fulfils_what_it_owes_with_evidence(contracts: ContractClient) -> None:
    contract = await contracts.signed()
    path = f"/{contract['id']}/obligations"
    for side in ("provider", "customer"):
        owed = {"side": side, "text": "Name a contact", "owner": "Head of sales", "due_on": "2026-03-15"}
        answer = await contracts.send("POST", path, owed)
        assert answer.status_code == 201, answer.text
    provider, customer = answer.json()["obligations"]
    fulfilment = {"fulfilled_on": "2026-03-20", "evidence": "List of contacts"}
    refused = await contracts.send(
        "POST", f"{path}/{provider['id']}/fulfilment", fulfilment, contracts.sla_client.customer
    )
    assert problem(refused) == (409, "obligation-of-other-side")
    after = await contracts.send(
        "POST", f"{path}/{customer['id']}/fulfilment", fulfilment, contracts.sla_client.customer
    )
    assert [occurrence["evidence"] for occurrence in after.json()["obligations"][1]["occurrences"]] == [
        "List of contacts"
    ]
    again = await contracts.send("POST", f"{path}/{customer['id']}/fulfilment", fulfilment)
    assert problem(again) == (409, "obligation-already-fulfilled")
    assert (await contracts.send("POST", f"{path}/{new_id()}/fulfilment", fulfilment)).status_code == 404
    overdue = {
        day: [obligation["overdue"] for obligation in (await contracts.read(contract, day))["obligations"]]
        for day in _DAYS
    }
    assert overdue == dict(zip(_DAYS, [[False, False], [True, True], [True, False]], strict=True))
    draft = await contracts.draft()
    owed = (await contracts.send("POST", f"/{draft['id']}/obligations", owed)).json()["obligations"][0]
    early = await contracts.send("POST", f"/{draft['id']}/obligations/{owed['id']}/fulfilment", fulfilment)
    assert problem(early) == (409, "contract-not-signed")


_DAYS = ("2026-03-15", "2026-03-16", "2026-03-20")


async def test_the_calendar_of_dates(contracts: ContractClient) -> None:
    contract = await contracts.signed()
    await contracts.draft()
    owed = {"side": "customer", "text": "Name a contact", "owner": "Sales", "due_on": "2026-12-01"}
    await contracts.send("POST", f"/{contract['id']}/obligations", owed)
    assert await contracts.dates("2026-11-01", "2027-03-01") == [
        ("2026-11-30", "notice_by"),
        ("2026-12-01", "obligation_due"),
        ("2027-03-01", "fee_rises"),
        ("2027-03-01", "renews"),
    ]
    assert await contracts.dates("2026-11-30", "2026-11-30", contracts.sla_client.customer) == [
        ("2026-11-30", "notice_by")
    ]
    assert await contracts.dates("2026-11-01", "2027-03-01", contracts.sla_client.headers("customer", new_id())) == []
    for query in ("from=2026-02-01&to=2026-01-31", "from=2026-02-01&to=2036-02-01"):
        answer = await contracts.send("GET", f"/dates?{query}")
        assert (problem(answer), answer.json()["errors"][0]["field"]) == ((422, "invalid"), "to")
