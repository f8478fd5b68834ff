"""The draft of a contract is deleted until the provider has signed it."""

from tests.sla.contracts.conftest import ContractClient
from tests.sla.deletions.deleting import delete
from tests.sla.problems import problem


async def test_a_draft_is_deleted(contracts: ContractClient) -> None:
    draft = await contracts.draft()
    assert (await delete(contracts.sla_client, f"/contracts/{draft['id']}")).status_code == 204
    assert (await contracts.send("GET", f"/{draft['id']}")).status_code == 404


async def test_what_was_offered_is_withdrawn_instead(contracts: ContractClient) -> None:
    draft = await contracts.draft()
    await contracts.sign(draft)
    assert problem(await delete(contracts.sla_client, f"/contracts/{draft['id']}")) == (409, "not-a-draft")
