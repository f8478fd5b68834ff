"""Whatever people of both sides try, in any order: what binds was agreed by both, and refusals leave no trace."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from common.errors import DomainError
from sla.agreements.model import Agreement, AgreementVersion, build_version
from sla.agreements.states import AgreementState, NegotiationStage, Party, Side
from sla.agreements.terms import Terms
from sla.negotiations.model import Negotiation, Remarks
from sla.negotiations.record import PROPOSAL_STEPS, NegotiationStep

NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)
OBJECTIVES = [UUID(int=number) for number in (1, 2, 3)]
PEOPLE = [Party(name, side) for side in Side for name in ("ann", "bob", "cem")]
OVER = (NegotiationStage.SIGNED, NegotiationStage.WITHDRAWN, NegotiationStage.REJECTED)


def promising(targets: list[int]) -> Terms:
    """One objective per target, the first ones of three."""
    objectives = [
        {
            "id": str(objective),
            "name": f"Objective {objective.int}",
            "kind": "ratio",
            "indicator_id": str(OBJECTIVES[0]),
            "target": str(target),
            "method": "occurrences",
            "missing": "ignore",
        }
        for objective, target in zip(OBJECTIVES, targets, strict=False)
    ]
    hours: dict[str, Any] = {"timezone": "UTC", "hours": "24x7"}
    return Terms.model_validate(
        {"name": "Drawn", "service_hours": hours, "objectives": objectives, "starts_on": "2026-01-01"}
    )


people = st.sampled_from(PEOPLE)
drawn_terms = st.lists(st.integers(90, 92), min_size=1, max_size=3).map(promising)
remarks = st.builds(Remarks, by_objective=st.dictionaries(st.sampled_from(OBJECTIVES), st.just("so"), max_size=3))


def first_version() -> AgreementVersion:
    return build_version(
        Agreement(customer_id=OBJECTIVES[0], offering_id=OBJECTIVES[1], state=AgreementState.DRAFT),
        1,
        promising([90, 90]),
        NOW,
    )


class Negotiating(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.negotiation = Negotiation(self.on_the_table(), [])
        self.refused = False
        self.before = self.picture()

    def on_the_table(self) -> AgreementVersion:
        return first_version()

    def expected_state(self) -> AgreementState:
        return AgreementState(self.negotiation.version.stage)

    def picture(self) -> tuple[object, ...]:
        version = self.negotiation.version
        signatures = [(signature.side, signature.subject, signature.terms_sha256) for signature in version.signatures]
        return len(self.negotiation.record), version.stage, version.terms_sha256, signatures, version.agreement.state

    def attempt(self, step: Callable[[Negotiation], object]) -> None:
        self.before = self.picture()
        try:
            step(self.negotiation)
        except DomainError:
            self.refused = True
        else:
            self.refused = False

    @rule(party=people, terms=st.none() | drawn_terms, remark=remarks)
    def propose(self, party: Party, terms: Terms | None, remark: Remarks) -> None:
        self.attempt(lambda n: n.propose(party, terms, remark, NOW))

    @rule(party=people, remark=remarks)
    def object_to(self, party: Party, remark: Remarks) -> None:
        self.attempt(lambda n: n.object_to(party, remark, NOW))

    @rule(party=people, remark=remarks)
    def accept(self, party: Party, remark: Remarks) -> None:
        self.attempt(lambda n: n.accept(party, remark, NOW))

    @initialize(party=people)
    def open(self, party: Party) -> None:
        self.attempt(lambda n: n.propose(party, None, Remarks(), NOW))

    @precondition(
        lambda self: self.negotiation.version.stage in (NegotiationStage.PROPOSED, NegotiationStage.COUNTER_PROPOSED)
    )
    @rule(name=st.sampled_from(["ann", "bob", "cem"]))
    def accept_all(self, name: str) -> None:
        side = self.negotiation.record[-1].side.other
        self.attempt(lambda n: n.accept(Party(name, side), Remarks(), NOW))

    @precondition(lambda self: self.negotiation.version.stage not in OVER)
    @rule(name=st.sampled_from(["ann", "bob", "cem"]), place=st.integers(0, 2))
    def answer_one(self, name: str, place: int) -> None:
        """The other side objects to one objective, or changes its mind about it."""
        table, terms = self.negotiation.position, self.negotiation.version.terms
        objective_id = terms.objectives[place % len(terms.objectives)].id
        side = table.proposal.side.other if table.proposal else Side.CUSTOMER
        answer = Negotiation.object_to if objective_id in table.accepted else Negotiation.accept
        self.attempt(lambda n: answer(n, Party(name, side), Remarks(by_objective={objective_id: "so"}), NOW))

    @rule(party=people)
    def sign(self, party: Party) -> None:
        self.attempt(lambda n: n.sign(party, n.version.terms_sha256, NOW))

    @precondition(lambda self: self.negotiation.version.stage is NegotiationStage.ACCEPTED)
    @rule(party=people)
    def sign_accepted(self, party: Party) -> None:
        self.attempt(lambda n: n.sign(party, n.version.terms_sha256, NOW))

    @precondition(lambda self: len(self.negotiation.record) > 1)
    @rule(party=people)
    def sign_the_first_proposal(self, party: Party) -> None:
        first = self.negotiation.record[0].terms_sha256
        self.attempt(lambda n: n.sign(party, first or "", NOW))

    @rule(party=people, chance=st.integers(0, 4))
    def leave(self, party: Party, chance: int) -> None:
        if chance == 0:
            self.attempt(lambda n: n.withdraw_or_reject(party, "enough", NOW))

    @invariant()
    def refusals_leave_no_trace(self) -> None:
        if self.refused:
            assert self.picture() == self.before

    @invariant()
    def nothing_happens_after_the_end(self) -> None:
        if self.before[1] in OVER:
            assert self.picture() == self.before

    @invariant()
    def the_agreement_follows_its_version(self) -> None:
        assert self.negotiation.version.agreement.state == self.expected_state()

    @invariant()
    def the_terms_are_those_of_the_last_proposal(self) -> None:
        proposals = [entry for entry in self.negotiation.record if entry.step in PROPOSAL_STEPS]
        if proposals:
            assert proposals[-1].terms_sha256 == self.negotiation.version.terms_sha256

    @invariant()
    def who_answers_is_not_who_proposed(self) -> None:
        author: Party | None = None
        for entry in self.negotiation.record:
            if entry.step in PROPOSAL_STEPS:
                assert author is not None or entry.side is Side.PROVIDER
                author = Party(entry.author, entry.side)
            elif entry.step in (NegotiationStep.ACCEPTANCE, NegotiationStep.OBJECTION):
                assert author is not None
                assert entry.side is author.side.other
                assert entry.author != author.subject

    @invariant()
    def nobody_proposes_twice_without_an_answer(self) -> None:
        unanswered: Side | None = None
        for entry in self.negotiation.record:
            if entry.step in PROPOSAL_STEPS:
                assert entry.side is not unanswered
                unanswered = entry.side
            else:
                unanswered = None

    @invariant()
    def what_is_accepted_was_accepted_objective_by_objective(self) -> None:
        version = self.negotiation.version
        if version.stage not in (NegotiationStage.ACCEPTED, NegotiationStage.SIGNED):
            return
        last_word: dict[str, NegotiationStep] = {}
        for entry in self.negotiation.record:
            if entry.step in PROPOSAL_STEPS:
                last_word.clear()
            else:
                last_word |= {point["objective_id"]: entry.step for point in entry.objectives}
        assert last_word == dict.fromkeys(map(str, version.terms.objective_ids), NegotiationStep.ACCEPTANCE)

    @invariant()
    def signed_means_two_people_of_two_sides_for_these_terms(self) -> None:
        version = self.negotiation.version
        assert all(signature.terms_sha256 == version.terms_sha256 for signature in version.signatures)
        both_signed = len(version.signatures) == len(Side)
        assert both_signed == (version.stage is NegotiationStage.SIGNED)
        if both_signed:
            assert {signature.side for signature in version.signatures} == set(Side)
            assert len({signature.subject for signature in version.signatures}) == len(Side)


class Amending(Negotiating):
    """The same people about a second version, while the first one is in force and stays as it is."""

    def on_the_table(self) -> AgreementVersion:
        self.first = first_version()
        self.first.enter_stage(NegotiationStage.SIGNED, NOW)
        self.first.agreement.state = AgreementState.ACTIVE
        self.first_terms = self.first.terms_sha256
        return build_version(self.first.agreement, 2, promising([91, 92]), NOW)

    def expected_state(self) -> AgreementState:
        return AgreementState.ACTIVE

    @invariant()
    def what_is_in_force_stays_as_it_is(self) -> None:
        assert (self.first.stage, self.first.recorded_at) == (NegotiationStage.SIGNED, NOW)
        assert self.first.terms_sha256 == self.first_terms

    @invariant()
    def it_is_known_to_bind_from_the_second_signature_on(self) -> None:
        version = self.negotiation.version
        assert (version.recorded_at is not None) == (version.stage is NegotiationStage.SIGNED)


Negotiating.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestNegotiating = Negotiating.TestCase
Amending.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAmending = Amending.TestCase
