"""The sla service: what IT promised, what it delivered, and what it does about the difference."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from fastapi import FastAPI

from common.app import create_app
from common.auth.keyroutes import key_router
from common.service import Duty, Runtime, Service
from common.work import Work
from sla.agreements.actions import follow_calendar
from sla.agreements.routes import router as agreements
from sla.clocks.routes import router as clocks
from sla.compliance.routes import router as compliance
from sla.indicators import silence
from sla.indicators.routes import router as indicators
from sla.issues.routes import router as issues
from sla.measurements import folder, retention
from sla.measurements.routes import router as measurements
from sla.measurements.settings import PushSettings
from sla.negotiations.routes import router as negotiations
from sla.subscriptions import SUBSCRIPTIONS
from sla.tables import PROJECTIONS, ApiKey, Base

LARGEST_PUSH = 32 * 1024 * 1024


def service() -> Service:
    pushes = PushSettings()
    return Service(
        name="sla",
        title="Rapport: service level agreements",
        metadata=Base.metadata,
        routers=[agreements, negotiations, indicators, measurements, compliance, issues, clocks, key_router(ApiKey)],
        subscriptions=SUBSCRIPTIONS,
        duties=[
            Duty("follow-calendar", timedelta(minutes=1), _in_one_unit(follow_calendar)),
            folder.duty(pushes),
            retention.duty(pushes),
            silence.duty(),
        ],
        projections=PROJECTIONS,
        api_keys=ApiKey,
        body_limits={"/sla/v1/push/": LARGEST_PUSH},
    )


def app() -> FastAPI:
    return create_app(service())


def _in_one_unit(action: Callable[[Work], Awaitable[None]]) -> Callable[[Runtime], Awaitable[None]]:
    async def run(runtime: Runtime) -> None:
        async with runtime.begin() as work:
            await action(work)

    return run
