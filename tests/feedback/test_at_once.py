"""Many at once, over committed transactions: one answer per invitation, no count lost, nobody invited twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from common.app import app_of
from common.auth.authenticator import Authenticator
from common.auth.development import development_settings
from common.runtime import Runtime
from common.settings import Settings
from common.tables import machinery
from common.testing.issuer import Issuer
from common.testing.plugin import BASE, Trial
from feedback.main import service
from feedback.tables import Base
from published.feedback import SatisfactionMeasured


@pytest.fixture
async def committed(
    databases: Callable[[str], Any],
    development_key: Any,
    clock: Any,
    headers: Any,
    over_trial: Callable[[Trial, Any], Any],
) -> AsyncIterator[Any]:
    """The service with a connection per request; what it has committed is removed at the end."""
    database, auth = await databases("feedback"), development_settings(BASE)
    settings = Settings(environment="test", auth=auth)
    runtime = Runtime("feedback", settings, database, machinery(Base.metadata), clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Issuer(auth, development_key))) as issuer:
        runtime.authenticator = Authenticator(auth, issuer, None, clock)
        app = app_of(service(), runtime, background=False)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=f"{BASE}/feedback/v1"
        ) as client:
            yield over_trial(Trial(service(), runtime, client), headers)
    async with database.engine.begin() as connection:
        names = ", ".join(str(table) for table in Base.metadata.sorted_tables)
        await connection.execute(text(f"TRUNCATE {names}"))


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
    kept = sum(answer.status_code == 201 for answer in answers)
    assert {answer.status_code for answer in answers} <= {201, 409}
    found = await committed.measure(survey, customer)
    assert (found["answered"], found["n"]) == (kept, kept - kept % 3)
    told = await committed.told(SatisfactionMeasured)
    assert [event.revision for event in told] == list(range(1, len(told) + 1))
    assert (told[-1].answered, told[-1].n) == (kept, kept - kept % 3)


async def test_two_managers_at_once_invite_everybody_once(committed: Any) -> None:
    customer, people = await committed.customer(10)
    survey = await committed.survey()
    invitations = await asyncio.gather(*(committed.invite(survey, customer) for _ in range(6)))
    assert sum(len(tokens) for tokens in invitations) == len(people)
    assert (await committed.measure(survey, customer))["invited"] == len(people)
