"""Whatever both sides do with a signed agreement, and however long they wait: what binds on each day, in which state it
is and what is to be stated next is what the model says. Refusals are those it expects.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from sla.agreements import store
from sla.agreements.model import Agreement
from tests.sla.conftest import SlaClient
from tests.sla.lifecycles import advance_due_agreements
from tests.sla.notices.daily_model import DailyModel, ModelVersion, noon, on

REASON = {"reason": "As agreed."}


class Lifetime:
    """One agreement and its model."""

    def __init__(
        self,
        sla_client: SlaClient,
        sla: ServiceUnderTest,
        clock: FakeClock,
        agreement: dict[str, Any],
        model: DailyModel,
    ) -> None:
        self.sla_client, self.sla, self.clock, self.agreement, self.model = sla_client, sla, clock, agreement, model
        self.suspensions: list[tuple[str, int]] = []

    async def step(self, path: str, body: dict[str, Any], refusal: str | None, headers: Any = None) -> dict[str, Any]:
        answer = await self.sla_client.step(self.agreement, path, body, headers)
        answered: dict[str, Any] = answer.json()
        problem = None if answer.status_code == 201 else answered["type"].rsplit("/", 1)[1]
        assert problem == refusal, (path, body, answered)
        return answered

    async def consent(self, notice: dict[str, Any]) -> None:
        assert notice["state"] == "pending"
        await self.step(f"notices/{notice['id']}/consent", {}, None, self.sla_client.customer)

    async def wait(self, days: int) -> None:
        self.model.today += days
        self.clock.now = self.model.now
        async with self.sla.begin() as work:
            await advance_due_agreements(work)

    async def amend(self, version: ModelVersion) -> None:
        refusal = self.model.refusal_of_amendment(version)
        await self.step("amendments", {"terms": self.sla_client.terms(**version.terms())}, refusal)
        if refusal is None:
            await self.step("proposals", {}, None)
            accepted = await self.step("acceptances", {}, None, self.sla_client.customer)
            signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
            await self.step("signatures", signature, None, self.sla_client.customer)
            await self.step("signatures", signature, None)
            self.model.versions.append(version)
            self.model.sign(version)

    async def renew(self, day: int) -> None:
        refusal = self.model.refusal_of_renewal(day)
        notice = await self.step("renewals", REASON | {"last_day": str(on(day))}, refusal)
        if refusal is None:
            await self.consent(notice)
            last = max(self.model.days)
            self.model.extend(day, self.model.days[last], last + 1)

    async def terminate(self, day: int) -> None:
        refusal = self.model.refusal_of_termination(day)
        await self.step("terminations", REASON | {"last_day": str(on(day))}, refusal, self.sla_client.customer)
        if refusal is None:
            self.model.terminated = True
            self.model.days = {past_day: number for past_day, number in self.model.days.items() if past_day <= day}

    async def suspend(self, day: int, length: int) -> None:
        start, end = noon(day), noon(day + length)
        refusal = self.model.refusal_of_suspension(start, end)
        body = REASON | {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        notice = await self.step("suspensions", body, refusal)
        if refusal is None:
            if start < self.model.now:
                await self.consent(notice)
            self.suspensions.append((notice["id"], len(self.model.rests)))
            self.model.rests.append((start, end))

    async def resume(self) -> None:
        if self.suspensions:
            suspension, place = self.suspensions[-1]
            start, end = self.model.rests[place]
            refusal = "not-suspended" if end is not None and end <= self.model.now else None
            refusal = "agreement-not-in-force" if self.model.is_over() else refusal
            await self.step(f"suspensions/{suspension}/resumption", REASON, refusal)
            if refusal is None:
                self.model.rests[place] = (start, max(start, self.model.now))
                self.suspensions.pop()

    async def state_period(self) -> None:
        """The oldest one without a statement, if it is over."""
        end = self.model.period_end()
        if end is not None and end <= self.model.today:
            async with self.sla.begin() as work:
                agreement = await work.get(Agreement, UUID(self.agreement["id"]))
                assert agreement.review_due_at is not None
                schedule = await store.load_schedule(work, agreement.id)
                due_period = schedule.period_ending_at(agreement.review_due_at)
                assert due_period is not None
                assert due_period[1].first_day == on(self.model.open_day)
                agreement.mark_period_stated(schedule, due_period[1])
            self.model.open_day = end

    async def compare(self) -> None:
        self.model.follow()
        model = self.model
        async with self.sla.begin() as work:
            agreement = await work.get(Agreement, UUID(self.agreement["id"]))
            schedule = await store.load_schedule(work, agreement.id)
            end = model.period_end()
            assert agreement.review_due_at == (None if end is None else noon(end) - timedelta(hours=12))
            assert agreement.state == model.state()
            assert agreement.ends_on == (None if model.last is None else on(model.last))
            assert model.versions[agreement.in_force - 1 if agreement.in_force else 0] == model.binding
        for day in range(model.today + 200):
            binding = schedule.binding_on(on(day))
            assert (binding.version if binding else None) == model.days.get(day), on(day)


def versions(start: int) -> st.SearchStrategy[ModelVersion]:
    return st.builds(
        ModelVersion,
        start=st.just(start),
        end=st.none() | st.integers(start, start + 120),
        months=st.none() | st.sampled_from([1, 2, 12]),
        notice=st.sampled_from([0, 0, 10, 30]),
        quarterly=st.booleans(),
    )


near = st.integers(-40, 80)
COMMANDS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 45)),
    st.tuples(st.just("amend"), near, st.data()),
    st.tuples(st.just("amend the open period"), st.integers(-1, 1), st.data()),
    st.tuples(st.just("renew"), near),
    st.tuples(st.just("terminate"), near),
    st.tuples(st.just("suspend"), near, st.integers(1, 30)),
    st.tuples(st.just("resume")),
    st.tuples(st.just("state")),
)


async def act(life: Lifetime, command: tuple[Any, ...]) -> None:
    kind, *numbers = command
    day = life.model.today + (numbers[0] if numbers else 0)
    if kind == "wait":
        await life.wait(numbers[0])
    elif kind.startswith("amend"):
        day = day if kind == "amend" else life.model.open_day + numbers[0]
        await life.amend(numbers[1].draw(versions(max(day, 0))))
    elif kind == "suspend":
        await life.suspend(day, numbers[1])
    else:
        steps = {"resume": life.resume, "state": life.state_period}
        await (steps[kind]() if kind in steps else {"renew": life.renew, "terminate": life.terminate}[kind](day))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=versions(33), commands=st.lists(COMMANDS, min_size=3, max_size=12))
async def test_an_agreement_lives_as_its_diary_says(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock, first: ModelVersion, commands: list[tuple[Any, ...]]
) -> None:
    clock.now = noon(33)
    model = DailyModel([first], 33, open_day=33)
    model.sign(first)
    life = Lifetime(sla_client, sla, clock, await sla_client.signed(**first.terms()), model)
    await life.compare()
    for command in commands:
        await act(life, command)
        await life.compare()
