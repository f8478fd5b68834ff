"""An offering cannot be retired while an agreement on it is live."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from common.ids import new_id
from published.sla import AgreementActivated, AgreementEnded, AgreementSigned

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def signed(offering: str, agreement: UUID, name: str = "Mail for Sales", version: int = 1) -> AgreementSigned:
    return AgreementSigned(
        agreement_id=agreement,
        version=version,
        name=name,
        customer_id=new_id(),
        offering_id=UUID(offering),
        service_name="Mail",
        starts_on=date(2026, 12, 1),
        objectives=(),
        signed_at=NOON,
    )


async def test_the_refusal_names_the_live_agreements(catalog: Any, problem: Any) -> None:
    offering = await catalog.published()
    agreements = [new_id() for _ in range(12)]
    for number, agreement in enumerate(agreements):
        await catalog.trial.receive(signed(offering, agreement, f"Agreement {number}"))
    refused = problem(
        await catalog.ask("POST", f"/offerings/{offering}/retirement"), 409, "offering-has-live-agreements"
    )
    assert f"Agreement 0 ({agreements[0]})" in refused["detail"]
    assert "and 2 more" in refused["detail"]


async def test_when_the_last_agreement_has_ended_it_can_be_retired(catalog: Any, problem: Any) -> None:
    offering, agreement = await catalog.published(), new_id()
    await catalog.trial.receive(signed(offering, agreement))
    active = AgreementActivated(agreement_id=agreement, version=1, customer_id=new_id(), activated_at=NOON)
    await catalog.trial.receive(active)
    retirement = f"/offerings/{offering}/retirement"
    problem(await catalog.ask("POST", retirement), 409, "offering-has-live-agreements")
    await catalog.trial.receive(AgreementEnded(agreement_id=agreement, customer_id=new_id(), ended_at=NOON))
    assert (await catalog.ask("POST", retirement)).status_code == 201


async def test_an_agreement_told_again_or_amended_counts_once(catalog: Any, problem: Any) -> None:
    first, second, agreement = (
        await catalog.published(),
        await catalog.published(await catalog.service("Print")),
        new_id(),
    )
    for event in (signed(first, agreement), signed(first, agreement), signed(second, agreement, "Print", 2)):
        await catalog.trial.receive(event)
    assert (await catalog.ask("POST", f"/offerings/{first}/retirement")).status_code == 201
    refused = await catalog.ask("POST", f"/offerings/{second}/retirement")
    assert "Print" in problem(refused, 409, "offering-has-live-agreements")["detail"]


async def test_events_of_unknown_agreements_change_nothing(catalog: Any) -> None:
    nobody = new_id()
    active = AgreementActivated(agreement_id=nobody, version=1, customer_id=new_id(), activated_at=NOON)
    await catalog.trial.receive(active)
    await catalog.trial.receive(AgreementEnded(agreement_id=nobody, customer_id=new_id(), ended_at=NOON))
