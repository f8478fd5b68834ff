"""The sla service: what IT promised, what it delivered, and what it does about the difference."""

from fastapi import FastAPI

from common.app import create_app
from common.auth.api_key_routes import build_key_router
from common.service import ServiceDefinition
from sla.agreements.lifecycle_job import LIFECYCLE_JOB
from sla.agreements.routes import router as agreements
from sla.alerts import expiry_job
from sla.alerts.routes import router as alerts
from sla.alerts.states import posted_states
from sla.alerts.states.routes import router as states
from sla.api_tags import TAGS
from sla.backtests.routes import router as backtests
from sla.causes.routes import router as causes
from sla.chains.routes import router as chains
from sla.clock_calculator.routes import router as clocks
from sla.closure_calendars.routes import router as calendars
from sla.compliance.forecast import burn_rate_job, progress_job
from sla.compliance.routes import router as compliance
from sla.compliance.statements import closing_job, restatement_job
from sla.compliance.statements.settings import StatementSettings
from sla.contracts import calendar_job
from sla.contracts.routes import router as contracts
from sla.deletions.routes import router as deletions
from sla.drafts.routes import router as drafts
from sla.exclusions.maintenance.routes import router as maintenance
from sla.exclusions.routes import router as exclusions
from sla.exclusions.waivers.routes import router as waivers
from sla.improvements import verification_job
from sla.improvements.routes import router as improvements
from sla.improvements.settings import ImprovementSettings
from sla.incidents.imports.routes import MAX_FILE_BYTES
from sla.incidents.imports.routes import router as incident_imports
from sla.incidents.projection.deadline_loop import DEADLINE_LOOP
from sla.incidents.routes import router as incidents
from sla.indicators import silence_job
from sla.indicators.routes import router as indicators
from sla.issues import escalation_job
from sla.issues.opening import silent_indicators_job
from sla.issues.routes import router as issues
from sla.issues.settings import IssueSettings
from sla.measurements.ingest import partitions
from sla.measurements.queries.routes import router as measurements
from sla.measurements.receivers import otlp
from sla.measurements.receivers.lines.routes import influx_router as influx
from sla.measurements.receivers.lines.routes import router as pushed_lines
from sla.measurements.receivers.routes import otlp_router as opentelemetry
from sla.measurements.receivers.routes import remote_write_router as prometheus
from sla.measurements.receivers.routes import router as pushed_samples
from sla.measurements.rollup.jobs import rollup_job, rollup_worker
from sla.measurements.settings import PushSettings
from sla.name_sources import NAME_SOURCES
from sla.negotiations.routes import router as negotiations
from sla.notices.routes import router as notices
from sla.openslo.routes import router as openslo
from sla.portfolio.routes import router as portfolio
from sla.push_keys.model import ApiKey
from sla.push_keys.routes import router as push_limits
from sla.requirements.answer_job import ANSWER_JOB
from sla.requirements.routes import router as requirements
from sla.schema import Base
from sla.subscriptions import SUBSCRIPTIONS
from sla.tables import PROJECTIONS
from sla.templates.routes import router as templates

LARGEST_PUSH = 32 * 1024 * 1024
LARGEST_ASSESSMENT = 4 * 1024 * 1024
"""Bytes of a request to the calculator: enough for as many slices as it takes."""

LARGEST_FORM_OVERHEAD = 64 * 1024
"""Bytes of a form around its file."""


def service() -> ServiceDefinition:
    pushes, statements = PushSettings(), StatementSettings()
    issues_settings, improvement_settings = IssueSettings(), ImprovementSettings()
    return ServiceDefinition(
        name="sla",
        title="Rapport: service level agreements",
        metadata=Base.metadata,
        tags=TAGS,
        # Routes are tried in order, and pushes come most often.
        routers=[
            prometheus,
            opentelemetry,
            pushed_samples,
            influx,
            pushed_lines,
            alerts,
            states,
            measurements,
            drafts,
            templates,
            portfolio,
            agreements,
            negotiations,
            notices,
            calendars,
            indicators,
            compliance,
            issues,
            incidents,
            incident_imports,
            causes,
            improvements,
            clocks,
            exclusions,
            maintenance,
            waivers,
            requirements,
            contracts,
            backtests,
            chains,
            openslo,
            deletions,
            push_limits,
            build_key_router(ApiKey),
        ],
        subscriptions=SUBSCRIPTIONS,
        periodic_jobs=[
            LIFECYCLE_JOB,
            *rollup_job.periodic_jobs(pushes),
            rollup_worker.periodic_job(pushes),
            partitions.periodic_job(pushes),
            silence_job.periodic_job(),
            expiry_job.periodic_job(),
            ANSWER_JOB,
            calendar_job.periodic_job(),
            closing_job.periodic_job(statements),
            restatement_job.periodic_job(statements),
            burn_rate_job.periodic_job(statements),
            progress_job.periodic_job(statements),
            escalation_job.periodic_job(issues_settings),
            silent_indicators_job.periodic_job(issues_settings),
            verification_job.periodic_job(improvement_settings),
        ],
        background_loops=[DEADLINE_LOOP],
        projections=PROJECTIONS,
        name_sources=NAME_SOURCES,
        settings=[pushes, statements, issues_settings, improvement_settings],
        api_keys=ApiKey,
        body_limits={
            "/sla/v1/push/otlp/": otlp.MAX_DECODED_BYTES,
            "/sla/v1/push/states": posted_states.MAX_DECODED_BYTES,
            "/sla/v1/push/": LARGEST_PUSH,
            "/sla/v1/assessments": LARGEST_ASSESSMENT,
            "/sla/v1/incidents/imports": MAX_FILE_BYTES + LARGEST_FORM_OVERHEAD,
        },
    )


def app() -> FastAPI:
    return create_app(service())
