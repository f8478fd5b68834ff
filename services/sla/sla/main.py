"""The sla service: what IT promised, what it delivered, and what it does about the difference."""

from fastapi import FastAPI

from common.app import create_app
from common.auth.keyroutes import key_router
from common.service import Service
from sla.agreements import daily
from sla.agreements.routes import router as agreements
from sla.alerts.routes import router as alerts
from sla.backtests.routes import router as backtests
from sla.calendars.routes import router as calendars
from sla.causes.routes import router as causes
from sla.chains.routes import router as chains
from sla.clocks.routes import router as clocks
from sla.compliance import closing, restating, watching
from sla.compliance.routes import router as compliance
from sla.compliance.settings import StatementSettings
from sla.contracts import reminding
from sla.contracts.routes import router as contracts
from sla.drafts.routes import router as drafts
from sla.exclusions.routes import router as exclusions
from sla.improvements import verification
from sla.improvements.routes import router as improvements
from sla.improvements.settings import ImprovementSettings
from sla.incidents import deadlines
from sla.incidents.routes import router as incidents
from sla.indicators import silence
from sla.indicators.routes import router as indicators
from sla.issues import concerns, escalation
from sla.issues.routes import router as issues
from sla.issues.settings import IssueSettings
from sla.measurements import folder, otlp, retention
from sla.measurements.routes import otlp_router as opentelemetry
from sla.measurements.routes import remote_write_router as prometheus
from sla.measurements.routes import router as measurements
from sla.measurements.settings import PushSettings
from sla.negotiations.routes import router as negotiations
from sla.notices.routes import router as notices
from sla.openslo.routes import router as openslo
from sla.requirements import answering
from sla.requirements.routes import router as requirements
from sla.subscriptions import SUBSCRIPTIONS
from sla.tables import PROJECTIONS, ApiKey, Base

LARGEST_PUSH = 32 * 1024 * 1024
LARGEST_QUESTION = 4 * 1024 * 1024
"""To the calculator: as many slices as it takes, whatever they count."""


def service() -> Service:
    pushes = PushSettings()
    return Service(
        name="sla",
        title="Rapport: service level agreements",
        metadata=Base.metadata,
        # Pushes come most often, and routes are tried in order.
        routers=[
            prometheus,
            opentelemetry,
            measurements,
            alerts,
            drafts,
            agreements,
            negotiations,
            notices,
            calendars,
            indicators,
            compliance,
            issues,
            incidents,
            causes,
            improvements,
            clocks,
            exclusions,
            requirements,
            contracts,
            backtests,
            chains,
            openslo,
            key_router(ApiKey),
        ],
        subscriptions=SUBSCRIPTIONS,
        duties=[
            daily.duty(),
            folder.duty(pushes),
            retention.duty(pushes),
            silence.duty(),
            answering.duty(),
            reminding.duty(),
            closing.duty(StatementSettings()),
            restating.duty(StatementSettings()),
            watching.duty(StatementSettings()),
            escalation.duty(IssueSettings()),
            concerns.duty(IssueSettings()),
            verification.duty(ImprovementSettings()),
        ],
        loops=[deadlines.loop()],
        projections=PROJECTIONS,
        api_keys=ApiKey,
        body_limits={
            "/sla/v1/push/otlp/": otlp.LARGEST,
            "/sla/v1/push/": LARGEST_PUSH,
            "/sla/v1/assessments": LARGEST_QUESTION,
        },
    )


def app() -> FastAPI:
    return create_app(service())
