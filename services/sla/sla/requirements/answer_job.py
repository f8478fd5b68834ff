"""The job that emits when requirements become answered or open again: by signatures, amendments and the calendar."""

from datetime import timedelta

from common.jobs.due_rows import batch_job
from common.service import PeriodicJob
from sla.requirements import store
from sla.requirements.actions import emit_answer_changes

JOB_NAME = "requirements-answers"
INTERVAL = timedelta(minutes=1)
BATCH_SIZE = 50


def periodic_job() -> PeriodicJob:
    return batch_job(JOB_NAME, INTERVAL, store.list_ids_with_changed_answer, emit_answer_changes, BATCH_SIZE)
