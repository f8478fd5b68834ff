"""Many at once, over committed transactions: one answer per invitation, no count lost, nobody invited twice."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from common.testing.plugin import ServiceUnderTest, StartService
from published.feedback import SatisfactionMeasured


@pytest.fixture
async def committed(
    start_committed_service: StartService, headers: Any, over_trial: Callable[[ServiceUnderTest, Any], Any]
) -> Any:
    """The service with a connection per request."""
    return over_trial(await start_committed_service("feedback"), headers)


async def test_of_many_answers_to_one_invitation_one_counts(committed: Any) -> None:
    customer, _ = await committed.customer(1)
    survey = await committed.survey(smallest_n=1)
    (token,) = await committed.invite(survey, customer)
    answers = await asyncio.gather(*(committed.answer(token, 1 + number % 5) for number in range(30)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 29}
    assert (await committed.measure(survey, customer))["answered"] == 1


async def test_no_answer_is_lost_between_others_and_the_closing(committed: Any) -> None:
    customer, _ = await committed.customer(24)
    survey = await committed.survey(smallest_n=3)
    tokens = await committed.invite(survey, customer)
    closing = committed.ask("POST", f"/surveys/{survey}/closing")
    *answers, closed = await asyncio.gather(*(committed.answer(token, 5) for token in tokens), closing)
    assert closed.status_code == 200
    accepted = sum(answer.status_code == 201 for answer in answers)
    assert {answer.status_code for answer in answers} <= {201, 409}
    measure = await committed.measure(survey, customer)
    assert (measure["answered"], measure["n"]) == (accepted, accepted - accepted % 3)
    events = await committed.list_emitted(SatisfactionMeasured)
    assert [event.revision for event in events] == list(range(1, len(events) + 1))
    assert (events[-1].answered, events[-1].n) == (accepted, accepted - accepted % 3)


async def test_two_managers_at_once_invite_everybody_once(committed: Any) -> None:
    customer, people = await committed.customer(10)
    survey = await committed.survey()
    invitations = await asyncio.gather(*(committed.invite(survey, customer) for _ in range(6)))
    assert sum(len(tokens) for tokens in invitations) == len(people)
    assert (await committed.measure(survey, customer))["invited"] == len(people)
