"""Negotiating: every way that is open to the two sides, and each one that is refused, by the name of its rule."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from common.errors import DomainError
from sla.agreements.errors import AgreementAlreadySigned, NegotiationOver, TermsUnderNegotiation
from sla.agreements.model import Agreement, build_version
from sla.agreements.states import AgreementState, NegotiationStage, Party, Side
from sla.agreements.terms import Terms
from sla.negotiations import errors
from sla.negotiations.model import Negotiation, Remarks
from sla.negotiations.record import NegotiationStep

NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)
CUSTOMER = UUID("01900000-0000-7000-8000-00000000000c")
OFFERING = UUID("01900000-0000-7000-8000-00000000000f")
MANAGER, COLLEAGUE = Party("mia", Side.PROVIDER), Party("max", Side.PROVIDER)
BUYER, BOTH_HATS = Party("ben", Side.CUSTOMER), Party("mia", Side.CUSTOMER)


def begin_negotiation(terms: Terms) -> Negotiation:
    return Negotiation(
        build_version(Agreement(customer_id=CUSTOMER, offering_id=OFFERING, state=AgreementState.DRAFT), 1, terms, NOW),
        [],
    )


@pytest.fixture
def negotiation(terms: Callable[..., Terms]) -> Negotiation:
    return begin_negotiation(terms())


@pytest.fixture
def proposed(negotiation: Negotiation) -> Negotiation:
    negotiation.propose(MANAGER, None, Remarks("our offer"), NOW)
    return negotiation


@pytest.fixture
def accepted(proposed: Negotiation) -> Negotiation:
    proposed.accept(BUYER, Remarks(), NOW)
    return proposed


@pytest.fixture
def stricter(written: Callable[..., dict[str, Any]]) -> Terms:
    first, second = written()["objectives"]
    return Terms.model_validate(written(objectives=[first | {"target": "99.9"}, second]))


def sign(negotiation: Negotiation, party: Party) -> None:
    negotiation.sign(party, negotiation.version.terms_sha256, NOW)


def stages(negotiation: Negotiation) -> tuple[NegotiationStage, AgreementState]:
    return negotiation.version.stage, negotiation.version.agreement.state


def test_the_short_way_propose_accept_sign_sign(accepted: Negotiation) -> None:
    assert stages(accepted) == (NegotiationStage.ACCEPTED, AgreementState.ACCEPTED)
    sign(accepted, MANAGER)
    assert accepted.version.stage is NegotiationStage.ACCEPTED
    assert accepted.version.recorded_at is None
    sign(accepted, BUYER)
    assert stages(accepted) == (NegotiationStage.SIGNED, AgreementState.SIGNED)
    assert accepted.version.recorded_at == NOW


def test_the_long_way_with_an_objection_and_counter_proposals(proposed: Negotiation, stricter: Terms) -> None:
    first, second = (objective.id for objective in stricter.objectives)
    proposed.accept(BUYER, Remarks(by_objective={second: "fine"}), NOW)
    proposed.object_to(BUYER, Remarks(by_objective={first: "four hours a month are too many"}), NOW)
    assert proposed.position.open_objectives == {first}
    proposed.propose(COLLEAGUE, stricter, Remarks("you win"), NOW)
    assert stages(proposed) == (NegotiationStage.COUNTER_PROPOSED, AgreementState.COUNTER_PROPOSED)
    assert proposed.position.open_objectives == {first, second}
    proposed.accept(BUYER, Remarks(by_objective={first: ""}), NOW)
    assert proposed.version.stage is NegotiationStage.COUNTER_PROPOSED
    proposed.accept(BUYER, Remarks(), NOW)
    assert proposed.version.stage is NegotiationStage.ACCEPTED
    assert proposed.version.terms == stricter
    assert [entry.step for entry in proposed.record] == [
        NegotiationStep.PROPOSAL,
        NegotiationStep.ACCEPTANCE,
        NegotiationStep.OBJECTION,
        NegotiationStep.COUNTER_PROPOSAL,
        NegotiationStep.ACCEPTANCE,
        NegotiationStep.ACCEPTANCE,
    ]


def test_an_objection_after_acceptance_opens_the_objective_again(accepted: Negotiation, stricter: Terms) -> None:
    accepted.object_to(BUYER, Remarks(by_objective={stricter.objectives[0].id: "on second thoughts"}), NOW)
    assert accepted.version.stage is NegotiationStage.PROPOSED


def test_accepted_terms_can_still_be_answered_with_others(accepted: Negotiation, stricter: Terms) -> None:
    accepted.propose(BUYER, stricter, Remarks(), NOW)
    assert accepted.version.stage is NegotiationStage.COUNTER_PROPOSED
    assert accepted.position.open_objectives == stricter.objective_ids


def test_the_side_on_whose_terms_it_ends_has_withdrawn_and_the_other_has_rejected(terms: Callable[..., Terms]) -> None:
    for party, stage in ((MANAGER, NegotiationStage.WITHDRAWN), (BUYER, NegotiationStage.REJECTED)):
        negotiation = Negotiation(
            build_version(
                Agreement(customer_id=CUSTOMER, offering_id=OFFERING, state=AgreementState.DRAFT), 1, terms(), NOW
            ),
            [],
        )
        negotiation.propose(MANAGER, None, Remarks(), NOW)
        negotiation.withdraw_or_reject(party, "no budget", NOW)
        assert stages(negotiation) == (stage, AgreementState(stage))


Attempt = Callable[[Negotiation], object]


def refused(rule: type[DomainError], negotiation: Negotiation, attempt: Attempt) -> None:
    before = (len(negotiation.record), negotiation.version.terms_sha256, len(negotiation.version.signatures))
    with pytest.raises(rule):
        attempt(negotiation)
    assert before == (len(negotiation.record), negotiation.version.terms_sha256, len(negotiation.version.signatures))


def test_a_draft_is_proposed_by_the_provider_before_anything_else(negotiation: Negotiation, stricter: Terms) -> None:
    refused(errors.ProviderProposesFirst, negotiation, lambda n: n.propose(BUYER, stricter, Remarks(), NOW))
    refused(errors.NothingProposed, negotiation, lambda n: n.accept(BUYER, Remarks(), NOW))
    refused(errors.NothingProposed, negotiation, lambda n: sign(n, BUYER))


def test_nobody_answers_their_own_proposal(proposed: Negotiation) -> None:
    for party in (MANAGER, COLLEAGUE, BOTH_HATS):
        refused(errors.OwnProposalAnswered, proposed, lambda n, answering=party: n.accept(answering, Remarks(), NOW))
        refused(errors.OwnProposalAnswered, proposed, lambda n, answering=party: n.object_to(answering, Remarks(), NOW))


def test_what_only_its_author_accepted_cannot_be_signed(proposed: Negotiation) -> None:
    refused(errors.ProposalNotAccepted, proposed, lambda n: sign(n, MANAGER))
    refused(errors.ProposalNotAccepted, proposed, lambda n: sign(n, BUYER))


def test_a_proposal_waits_for_its_answer(proposed: Negotiation, stricter: Terms) -> None:
    refused(errors.ProposalAwaitsAnswer, proposed, lambda n: n.propose(COLLEAGUE, stricter, Remarks(), NOW))


def test_a_counter_proposal_changes_something(proposed: Negotiation) -> None:
    refused(errors.CounterProposalChangesNothing, proposed, lambda n: n.propose(BUYER, None, Remarks(), NOW))


def test_answers_and_remarks_name_objectives_of_the_proposal(proposed: Negotiation, stricter: Terms) -> None:
    stray = Remarks(by_objective={CUSTOMER: "which one?"})
    refused(errors.ObjectiveNotProposed, proposed, lambda n: n.object_to(BUYER, stray, NOW))
    refused(errors.ObjectiveNotProposed, proposed, lambda n: n.accept(BUYER, stray, NOW))
    refused(errors.ObjectiveNotProposed, proposed, lambda n: n.propose(BUYER, stricter, stray, NOW))


def test_what_is_accepted_is_not_accepted_again(accepted: Negotiation) -> None:
    refused(errors.ProposalAlreadyAccepted, accepted, lambda n: n.accept(BUYER, Remarks(), NOW))


def test_a_signature_is_for_the_accepted_terms_only(accepted: Negotiation) -> None:
    refused(errors.SignatureForOtherTerms, accepted, lambda n: n.sign(BUYER, "0" * 64, NOW))


def test_each_side_signs_once_and_nobody_for_both(accepted: Negotiation) -> None:
    sign(accepted, MANAGER)
    refused(errors.SideAlreadySigned, accepted, lambda n: sign(n, COLLEAGUE))
    refused(errors.SameSignatory, accepted, lambda n: sign(n, BOTH_HATS))


def test_a_signature_keeps_the_terms_on_the_table(accepted: Negotiation, stricter: Terms) -> None:
    sign(accepted, MANAGER)
    doubt = Remarks(by_objective={stricter.objectives[0].id: "hm"})
    refused(errors.TermsPartlySigned, accepted, lambda n: n.propose(BUYER, stricter, Remarks(), NOW))
    refused(errors.TermsPartlySigned, accepted, lambda n: n.object_to(BUYER, doubt, NOW))
    assert accepted.may_propose == frozenset()
    accepted.withdraw_or_reject(BUYER, "we thought better of it", NOW)
    assert accepted.version.stage is NegotiationStage.REJECTED


@pytest.mark.parametrize("over", ["signed", "withdrawn"])
def test_what_is_over_is_over(accepted: Negotiation, stricter: Terms, over: str) -> None:
    if over == "signed":
        sign(accepted, MANAGER)
        sign(accepted, BUYER)
    else:
        accepted.withdraw_or_reject(MANAGER, "sold out", NOW)
    rule = AgreementAlreadySigned if over == "signed" else NegotiationOver
    attempts: tuple[Attempt, ...] = (
        lambda n: n.propose(BUYER, stricter, Remarks(), NOW),
        lambda n: n.object_to(BUYER, Remarks(), NOW),
        lambda n: n.accept(BUYER, Remarks(), NOW),
        lambda n: sign(n, BUYER),
        lambda n: n.withdraw_or_reject(BUYER, "", NOW),
        lambda n: n.version.edit_draft(stricter, NOW),
        lambda n: n.version.set_terms(stricter),
    )
    for attempt in attempts:
        refused(rule, accepted, attempt)


def test_a_proposed_draft_is_no_longer_edited(proposed: Negotiation, stricter: Terms) -> None:
    refused(TermsUnderNegotiation, proposed, lambda n: n.version.edit_draft(stricter, NOW))
