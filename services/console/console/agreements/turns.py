"""Whose turn it is in a negotiation, and which steps are open to one side. Pure."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

PATH = "/sla/v1/agreements/{agreement_id}"
PROPOSALS = frozenset({"proposal", "counter_proposal"})
ANSWERED = frozenset({"proposed", "counter_proposed"})
UNDER_NEGOTIATION = ANSWERED | {"draft", "accepted"}


class Turn(NamedTuple):
    """The steps that are open to one side."""

    propose: bool
    answer: bool
    """Whether the other side's proposal is on the table, to be accepted or objected to."""
    counter: bool
    """Whether other terms can be proposed in place of those on the table."""
    sign: bool
    end: bool
    """Whether the negotiation can be withdrawn or rejected."""
    waits_for: str
    """What the negotiation waits for from this side, in words; nothing where it waits for the other side."""
    others_turn: str
    """What it waits for from the other side, in words."""


def find_turn(negotiation: Mapping[str, Any], side: str, operations: Collection[str]) -> Turn:
    """Find the steps open to this side: the negotiation's stage allows them, and so do the person's roles."""
    stage = negotiation["stage"]
    may_answer = stage in ANSWERED and _proposer(negotiation) not in {side, None}
    may_sign = stage == "accepted" and not any(entry["side"] == side for entry in negotiation["signatures"])
    is_admitted = f"POST {PATH}/acceptances" in operations
    has_objected = stage in ANSWERED and bool(negotiation["objected"])
    waits_for = "your signature" if may_sign else "your answer to the proposal" if may_answer else ""
    opposite = "IT" if side == "customer" else "the customer"
    others_turn = f"the signature of {opposite}" if stage == "accepted" else f"the answer of {opposite}"
    return Turn(
        propose=is_admitted and stage == "draft" and side in negotiation["may_propose"],
        answer=is_admitted and may_answer,
        counter=is_admitted and stage in ANSWERED and side in negotiation["may_propose"],
        sign=is_admitted and may_sign,
        end=is_admitted and stage in UNDER_NEGOTIATION - {"draft"},
        waits_for=waits_for if is_admitted and not (may_answer and has_objected) else "",
        others_turn=others_turn if stage == "accepted" or stage in ANSWERED else "",
    )


def _proposer(negotiation: Mapping[str, Any]) -> str | None:
    """Return the side whose proposal is on the table."""
    sides = [entry["side"] for entry in negotiation["record"] if entry["step"] in PROPOSALS]
    return sides[-1] if sides else None
