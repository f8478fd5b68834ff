"""The position of an agreement: how far its negotiation and its life have come, and which actions that leaves open."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from common.http.conventions.open_actions import OpenAction
from common.http.request_scope import AsCustomer, AsManager
from common.unit_of_work import UnitOfWork
from sla.agreements.amendments import check_amendable, check_in_force
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.model import Agreement
from sla.agreements.store import acting_party, load_lifecycles
from sla.negotiations.model import Negotiation
from sla.negotiations.store import load_negotiations
from sla.notices.notice_rules import check_no_pending_renewal, check_renewable
from sla.notices.store import list_agreement_ids_with_pending_renewal


@dataclass(frozen=True, slots=True)
class AgreementPosition:
    negotiation: Negotiation
    lifecycle: Lifecycle
    """Of what was signed; without bindings before there is any."""
    has_pending_renewal: bool

    @property
    def agreement(self) -> Agreement:
        return self.negotiation.version.agreement

    def check_next_version(self) -> None:
        """Check that an amendment under negotiation can still follow what is in force."""
        if self.negotiation.version.number > 1:
            check_amendable(self.agreement.state, self.lifecycle)


async def load_positions(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, AgreementPosition]:
    negotiations = await load_negotiations(work, agreement_ids)
    lifecycles = await load_lifecycles(work, agreement_ids)
    pending_ids = await list_agreement_ids_with_pending_renewal(work, agreement_ids)
    return {
        key: AgreementPosition(negotiation, lifecycles[key], key in pending_ids)
        for key, negotiation in negotiations.items()
    }


def _check_proposal(work: UnitOfWork, position: AgreementPosition) -> None:
    position.negotiation.check_may_propose(acting_party(work))
    position.check_next_version()


def _check_signature(work: UnitOfWork, position: AgreementPosition) -> None:
    position.negotiation.check_may_sign(acting_party(work))
    position.check_next_version()


def _check_edit(_: UnitOfWork, position: AgreementPosition) -> None:
    position.negotiation.version.check_editable()
    position.check_next_version()


def _check_amendment(_: UnitOfWork, position: AgreementPosition) -> None:
    position.negotiation.version.check_negotiated()
    check_amendable(position.agreement.state, position.lifecycle)


def _check_renewal(work: UnitOfWork, position: AgreementPosition) -> None:
    check_in_force(position.agreement.state)
    check_renewable(position.lifecycle, work.now)
    check_no_pending_renewal(is_pending=position.has_pending_renewal)


AGREEMENT_ACTIONS = {
    "edit": OpenAction[AgreementPosition](AsManager, _check_edit),
    "propose": OpenAction[AgreementPosition](AsCustomer, _check_proposal),
    "object": OpenAction[AgreementPosition](
        AsCustomer, lambda work, position: position.negotiation.check_may_object(acting_party(work))
    ),
    "accept": OpenAction[AgreementPosition](
        AsCustomer, lambda work, position: position.negotiation.check_may_accept(acting_party(work))
    ),
    "sign": OpenAction[AgreementPosition](AsCustomer, _check_signature),
    "end": OpenAction[AgreementPosition](
        AsCustomer, lambda work, position: position.negotiation.check_may_end(acting_party(work))
    ),
    "amend": OpenAction[AgreementPosition](AsManager, _check_amendment),
    "renew": OpenAction[AgreementPosition](AsCustomer, _check_renewal),
    "suspend": OpenAction[AgreementPosition](AsCustomer, lambda _, position: check_in_force(position.agreement.state)),
    "terminate": OpenAction[AgreementPosition](
        AsCustomer, lambda _, position: check_amendable(position.agreement.state, position.lifecycle)
    ),
}
"""To `end` a negotiation is to withdraw one's own proposal, or to reject the other side's."""
