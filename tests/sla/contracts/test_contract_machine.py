"""Whatever people do about a contract, in any order: what binds was signed by one person of each side, what has been is
not rewritten, and refusals leave no trace.
"""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from common.errors import DomainError
from sla.agreements.states import Party, Side
from sla.contracts.model import Contract, ContractState, build_contract
from sla.contracts.terms import ContractTerms
from sla.contracts.versions import ContractVersion

FIRST = date(2026, 1, 1)
WRITTEN: dict[str, Any] = {
    "title": "Operation",
    "provider": {"name": "IT"},
    "customer": {"name": "Example Ltd"},
    "timezone": "UTC",
    "starts_on": "2026-01-15",
    "initial_months": 3,
    "renewal_months": 2,
    "notice": {"days": 10},
}
PEOPLE = [Party(name, side) for side in Side for name in ("ann", "bob")]


def written(months: int, renewal: int | None, title: str = "Operation") -> ContractTerms:
    notice = {"days": 10} if renewal else None
    changes = {"initial_months": months, "renewal_months": renewal, "notice": notice, "title": title}
    return ContractTerms.model_validate(WRITTEN | changes)


terms = st.builds(written, st.integers(1, 4), st.sampled_from([None, 1, 2]), st.sampled_from(["Operation", "Care"]))
people = st.sampled_from(PEOPLE)


class Contracting(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.today = FIRST
        self.contract = build_contract(UUID(int=1), written(3, 2), self.now)
        self.past: dict[date, ContractState] = {}

    @property
    def now(self) -> datetime:
        return datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC)

    def picture(self) -> tuple[Any, ...]:
        versions = [
            (version.number, version.terms_sha256, version.signed_at, version.withdrawn_at, len(version.signatures))
            for version in self.contract.versions
        ]
        contract = self.contract
        return (
            versions,
            contract.ends_on,
            contract.signed_on,
            contract.withdrawn_at,
            contract.notice_given_on,
            contract.title,
        )

    def attempt(self, step: Any, *arguments: Any) -> bool:
        before = deepcopy(self.picture())
        try:
            step(*arguments, self.now)
        except DomainError:
            assert self.picture() == before
            return False
        return True

    def sign_by(self, party: Party) -> bool:
        draft = self.contract.draft_for(Side.PROVIDER)
        return self.attempt(self.contract.sign, party, draft.terms_sha256 if draft else "0" * 64)

    @initialize(signed=st.booleans())
    def begin(self, signed: bool) -> None:
        if signed:
            self.sign_for_both()
            assert self.contract.signed_on == FIRST

    @rule(party=people)
    def sign(self, party: Party) -> None:
        self.sign_by(party)

    @rule()
    def sign_for_both(self) -> None:
        """Often, so that something comes of it."""
        self.sign_by(PEOPLE[0])
        self.sign_by(PEOPLE[3])

    @rule(drawn=terms)
    def edit(self, drawn: ContractTerms) -> None:
        self.attempt(self.contract.edit_draft, drawn)

    @rule(drawn=terms, later=st.integers(-5, 60))
    def amend(self, drawn: ContractTerms, later: int) -> None:
        self.attempt(self.contract.amend, drawn, self.today + timedelta(days=later), "so")

    @rule(party=people)
    def withdraw(self, party: Party) -> None:
        self.attempt(self.contract.withdraw_draft, party)

    @rule(party=people)
    def give_notice(self, party: Party) -> None:
        if self.attempt(self.contract.give_notice, party, self.today, "moving"):
            assert self.contract.ends_on is not None
            assert self.contract.ends_on - self.today >= timedelta(days=10)

    @rule(days=st.integers(1, 45))
    def wait(self, days: int) -> None:
        for _ in range(days):
            self.past[self.today] = self.contract.state_on(self.today)
            self.today += timedelta(days=1)

    @invariant()
    def what_binds_was_signed_by_one_person_of_each_side(self) -> None:
        for version in self.contract.signed_versions:
            assert {signature.side for signature in version.signatures} == set(Side)
            assert len({signature.subject for signature in version.signatures}) == len(Side)
            assert {signature.terms_sha256 for signature in version.signatures} == {version.terms_sha256}

    @invariant()
    def what_has_been_is_not_rewritten(self) -> None:
        """Unless nobody had signed: a draft that is withdrawn was one all along."""
        if self.contract.withdrawn_at is None:
            assert {day: self.contract.state_on(day) for day in self.past} == self.past

    @invariant()
    def the_course_ends_where_the_contract_says(self) -> None:
        if self.contract.signed_on is not None:
            assert self.contract.term_schedule().final_day() == self.contract.ends_on
            assert self.contract.signed_versions[0].effective_on == self.contract.starts_on

    @invariant()
    def at_most_one_draft_is_on_the_table(self) -> None:
        open_ = [
            version for version in self.contract.versions if version.signed_at is None and version.withdrawn_at is None
        ]
        assert len(open_) <= 1


TestContracting = Contracting.TestCase
TestContracting.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_contract_is_drafted_with_its_first_version() -> None:
    contract = build_contract(UUID(int=1), written(3, 2), datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(contract, Contract)
    assert [(type(version), version.number, version.effective_on) for version in contract.versions] == [
        (ContractVersion, 1, date(2026, 1, 15))
    ]
