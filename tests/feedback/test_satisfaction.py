"""Scores: with interval, n and response rate; suppressed while few have answered; told as events."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from published.feedback import SatisfactionMeasured


async def test_a_score_comes_with_its_interval_its_n_and_the_response_rate(feedback: Any) -> None:
    customer, _ = await feedback.customer(12)
    survey = await feedback.survey()
    await feedback.answer_all(await feedback.invite(survey, customer), [5, 4, 4, 2, 5])
    assert await feedback.measure(survey, customer) == {
        "invited": 12,
        "answered": 5,
        "response_rate": "41.66",
        "status": "measured",
        "n": 5,
        "score": "80.00",
        "interval": {"low": "45.20", "high": "95.09", "level": 95, "method": "wilson", "population": 12},
        "withheld": None,
        "comments_withheld": {"answered": 5, "needed": 10},
    }


async def test_non_response_is_never_a_score(feedback: Any) -> None:
    customer, _ = await feedback.customer(12)
    survey = await feedback.survey()
    await feedback.invite(survey, customer)
    measure = await feedback.measure(survey, customer)
    assert (measure["status"], measure["score"], measure["interval"], measure["response_rate"]) == (
        "unanswered",
        None,
        None,
        "0.00",
    )


async def test_fewer_than_the_smallest_number_are_suppressed(feedback: Any) -> None:
    customer, _ = await feedback.customer(12)
    survey = await feedback.survey()
    tokens = await feedback.invite(survey, customer)
    await feedback.answer_all(tokens, [1, 1, 1, 1])
    measure = await feedback.measure(survey, customer)
    assert (measure["status"], measure["score"], measure["answered"], measure["n"]) == ("suppressed", None, 4, 0)
    await feedback.answer_all(tokens[4:], [5])
    assert (await feedback.measure(survey, customer))["score"] == "20.00"


async def test_single_answers_after_a_release_wait_for_company(feedback: Any) -> None:
    """Else the difference of two scores would be one person's rating."""
    customer, _ = await feedback.customer(12)
    survey = await feedback.survey()
    tokens = await feedback.invite(survey, customer)
    await feedback.answer_all(tokens, [5] * 9)
    measure = await feedback.measure(survey, customer)
    assert (measure["n"], measure["answered"]) == (5, 9)
    await feedback.answer_all(tokens[9:], [1])
    assert (await feedback.measure(survey, customer))["score"] == "90.00"


async def test_released_at_the_closing_a_score_stands_on_all_answers(feedback: Any) -> None:
    customer, _ = await feedback.customer(12)
    survey = await feedback.survey(release="closing")
    await feedback.answer_all(await feedback.invite(survey, customer), [5] * 6 + [1] * 3)
    assert (await feedback.measure(survey, customer))["status"] == "suppressed"
    await feedback.close(survey)
    measure = await feedback.measure(survey, customer)
    assert (measure["n"], measure["answered"], measure["score"]) == (9, 9, "66.66")


async def test_a_small_organisation_may_lower_the_smallest_number_before_it_opens(feedback: Any) -> None:
    customer, _ = await feedback.customer(3)
    survey = await feedback.survey(smallest_n=1)
    await feedback.answer_all(await feedback.invite(survey, customer), [5])
    assert (await feedback.measure(survey, customer))["score"] == "100.00"


async def test_the_overall_score_leaves_suppressed_customers_out(feedback: Any) -> None:
    survey = await feedback.survey()
    large, _ = await feedback.customer(6, "Harbour Authority")
    small, _ = await feedback.customer(4, "Mill & Sons")
    await feedback.answer_all(await feedback.invite(survey, large), [5, 5, 5, 4, 1, 2])
    await feedback.answer_all(await feedback.invite(survey, small), [1, 1, 1, 1])
    open_ = (await feedback.get(f"/surveys/{survey}/satisfaction"))["overall"]
    assert (open_["n"], open_["answered"], open_["score"]) == (5, 10, "80.00")
    assert open_["interval"]["population"] == 10

    await feedback.close(survey)
    closed = await feedback.get(f"/surveys/{survey}/satisfaction")
    assert (closed["overall"]["n"], closed["overall"]["score"]) == (10, "40.00")
    statuses = {item["customer_name"]: item["measure"]["status"] for item in closed["customers"]["items"]}
    assert statuses == {"Harbour Authority": "measured", "Mill & Sons": "suppressed"}


async def test_a_customer_sees_its_own_score_only(feedback: Any) -> None:
    survey = await feedback.survey(smallest_n=1)
    reader, _ = await feedback.customer(1)
    foreign, _ = await feedback.customer(1)
    for customer in (reader, foreign):
        await feedback.answer_all(await feedback.invite(survey, customer), [5])
    page = await feedback.get(f"/surveys/{survey}/satisfaction", "customer", reader)
    assert [UUID(item["customer_id"]) for item in page["customers"]["items"]] == [reader]
    assert page["overall"] is None

    own = await feedback.get(f"/customers/{reader}/satisfaction", "customer", reader)
    assert [item["survey"]["id"] for item in own["items"]] == [survey]
    hidden = await feedback.ask("GET", f"/customers/{foreign}/satisfaction", "customer", customer=reader)
    assert hidden.status_code == 404
    stranger = await feedback.ask("GET", f"/surveys/{survey}/satisfaction", "customer", customer=uuid4())
    assert stranger.status_code == 404
    for path in (f"/surveys/{survey}/invitations", f"/surveys/{survey}", "/surveys"):
        assert (await feedback.ask("GET", path, "customer", customer=reader)).status_code == 403


@pytest.mark.parametrize("path", ["/surveys", "/surveys/{key}/satisfaction", "/customers/{key}/satisfaction"])
async def test_nobody_reads_without_a_token(feedback: Any, path: str) -> None:
    assert (await feedback.ask("GET", path.format(key=uuid4()), None)).status_code == 401


async def test_every_invitation_and_answer_is_told_and_the_latest_revision_counts(feedback: Any) -> None:
    customer, _ = await feedback.customer(6)
    survey = await feedback.survey(name="Autumn")
    tokens = await feedback.invite(survey, customer)
    await feedback.answer_all(tokens, [5, 5, 5, 1, 5, 5])
    await feedback.close(survey)
    events = await feedback.list_emitted(SatisfactionMeasured)
    assert [event.revision for event in events] == list(range(1, 9))
    assert [event.answered for event in events] == [0, 1, 2, 3, 4, 5, 6, 6]
    assert [event.n for event in events] == [0, 0, 0, 0, 0, 5, 5, 5]
    last = events[-1]
    assert (last.survey_name, last.instrument, last.scoring, last.smallest_n) == ("Autumn", "csat-5", "csat-5/2", 5)
    assert (str(last.score), last.invited, last.population) == ("80.00", 6, 6)
    assert last.low < last.score < last.high


async def test_an_event_tells_no_rating_before_a_block_is_full(feedback: Any) -> None:
    """Two surveys answered differently tell the same, until enough have answered."""
    customer, _ = await feedback.customer(4)
    scores = []
    for ratings in ([5, 5, 5, 5], [1, 2, 3, 4]):
        survey = await feedback.survey()
        await feedback.answer_all(await feedback.invite(survey, customer), ratings)
        events = [
            event for event in await feedback.list_emitted(SatisfactionMeasured) if str(event.survey_id) == survey
        ]
        scores.append([event.model_dump(exclude={"survey_id"}) for event in events])
    assert scores[0] == scores[1]


async def test_the_number_of_queries_does_not_grow_with_the_customers(feedback: Any) -> None:
    counts = []
    survey = await feedback.survey(smallest_n=1)
    for more in (1, 9):
        for _ in range(more):
            customer, _ = await feedback.customer(1)
            await feedback.answer_all(await feedback.invite(survey, customer), [4])
        with feedback.trial.record_queries() as queries:
            await feedback.get(f"/surveys/{survey}/satisfaction")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 4


async def test_customers_are_paged(feedback: Any) -> None:
    survey = await feedback.survey()
    customers = [(await feedback.customer(1))[0] for _ in range(3)]
    for customer in customers:
        await feedback.invite(survey, customer)
    first = await feedback.get(f"/surveys/{survey}/satisfaction?limit=2")
    second = await feedback.get(f"/surveys/{survey}/satisfaction?limit=2&cursor={first['customers']['next']}")
    customer_ids = [UUID(item["customer_id"]) for page in (first, second) for item in page["customers"]["items"]]
    assert customer_ids == customers
    assert first["overall"] == second["overall"]


async def test_what_is_withheld_says_how_many_answers_it_needs(feedback: Any) -> None:
    customer, _ = await feedback.customer(12)
    survey = await feedback.survey(smallest_n=3)
    tokens = await feedback.invite(survey, customer)

    assert (await feedback.measure(survey, customer))["withheld"] is None
    await feedback.answer_all(tokens, [4, 5])
    few = await feedback.measure(survey, customer)
    await feedback.answer_all(tokens[2:], [4])
    scored = await feedback.measure(survey, customer)
    await feedback.answer_all(tokens[3:], [4, 4, 4])
    enough = await feedback.measure(survey, customer)

    assert few["withheld"] == {"answered": 2, "needed": 3}
    assert few["comments_withheld"] == {"answered": 2, "needed": 6}
    assert (scored["withheld"], scored["comments_withheld"]) == (None, {"answered": 3, "needed": 6})
    assert (enough["withheld"], enough["comments_withheld"]) == (None, None)
