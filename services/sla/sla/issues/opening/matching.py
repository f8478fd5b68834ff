"""Finding the issue a breach belongs to, in one query, because closing a period runs it for every breach."""

from enum import IntEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from common.unit_of_work import UnitOfWork
from sla.issues import store
from sla.issues.model import Issue, build_cause_key
from sla.issues.origins import Breach
from sla.issues.settings import IssueSettings


class BreachRelation(IntEnum):
    """The relation of an issue to a breach; the nearest comes first."""

    SAME_BREACH = 0
    """It has this breach from an earlier revision of the statement."""
    SAME_CAUSE = 1
    """Unsolved, of the same customer and cause, at an overlapping time."""
    RESOLVED_AFTERWARDS = 2
    """The same, resolved after the breach was over."""
    SAME_SUSPECTED_CAUSE = 3
    """Unsolved, and of the cause that issues of other customers have at an overlapping time."""
    FORESEEN = 4
    """Unsolved, of the same service, with a concern at an overlapping time."""
    RECURRENCE = 5
    """The last one of the same cause that was resolved recently, before the breach was over."""


class IssueMatch(NamedTuple):
    issue: Issue | None
    """Null if none is related to the breach."""
    relation: BreachRelation | None
    suspected_cause_id: UUID | None
    """The cause of issues that other customers have with the same service or indicator at that time."""


_NEAREST = text("""
WITH breach AS (
    SELECT CAST(:customer_id AS uuid) AS customer_id, CAST(:cause_key AS text) AS cause_key,
        CAST(:indicator_id AS uuid) AS indicator_id, CAST(:since AS timestamptz) AS since,
        CAST(:period_from AS timestamptz) AS period_from, CAST(:period_to AS timestamptz) AS period_to
), related AS (
    SELECT i.id, i.version, i.state, i.resolved_at, i.recurrences,
        bool_or(b.period_from < breach.period_to AND b.period_to > breach.period_from) AS at_the_time
    FROM breach JOIN sla.issues i USING (customer_id) JOIN sla.issue_breaches b ON b.issue_id = i.id
    WHERE i.cause_key = breach.cause_key OR b.indicator_id = breach.indicator_id
    GROUP BY i.id
), suspected AS (
    SELECT i.cause_id
    FROM breach JOIN sla.issues i ON i.customer_id <> breach.customer_id JOIN sla.issue_breaches b ON b.issue_id = i.id
    WHERE i.cause_id IS NOT NULL AND i.state IN ('open', 'in_progress')
        AND b.period_from < breach.period_to AND b.period_to > breach.period_from
        AND (i.cause_key = breach.cause_key OR b.indicator_id = breach.indicator_id)
    ORDER BY i.id LIMIT 1
), match AS (
    SELECT 0 AS relation, i.id, i.version, CAST(NULL AS timestamptz) AS resolved_at, 0 AS recurrences
    FROM sla.issue_breaches b JOIN sla.issues i ON i.id = b.issue_id JOIN breach USING (period_from)
    WHERE b.agreement_id = CAST(:agreement_id AS uuid) AND b.objective_id = CAST(:objective_id AS uuid)
    UNION ALL SELECT 1, id, version, NULL, 0 FROM related WHERE at_the_time AND state IN ('open', 'in_progress')
    UNION ALL SELECT 2, id, version, NULL, 0 FROM related JOIN breach ON resolved_at >= breach.period_to
        WHERE at_the_time AND state = 'resolved'
    UNION ALL SELECT 3, i.id, i.version, NULL, 0 FROM breach JOIN sla.issues i USING (customer_id)
        JOIN suspected USING (cause_id) WHERE i.state IN ('open', 'in_progress')
    UNION ALL SELECT 4, i.id, i.version, NULL, 0 FROM breach JOIN sla.issues i USING (customer_id, cause_key)
        JOIN sla.issue_concerns c ON c.issue_id = i.id
        WHERE i.state IN ('open', 'in_progress') AND c.noticed_at < breach.period_to
            AND (c.ended_at IS NULL OR c.ended_at > breach.period_from)
    UNION ALL SELECT 5, id, version, resolved_at, recurrences FROM related
        JOIN breach ON resolved_at >= breach.since AND resolved_at < breach.period_to
        WHERE state IN ('resolved', 'closed')
)
SELECT relation, id, version, (SELECT cause_id FROM suspected) AS cause_id
FROM (VALUES (1)) AS always LEFT JOIN match ON true
ORDER BY relation, resolved_at DESC, recurrences DESC, id LIMIT 1
""")


async def lock_nearest_issue(work: UnitOfWork, breach: Breach) -> IssueMatch:
    await work.flush()
    names = ("customer_id", "indicator_id", "period_from", "period_to", "agreement_id", "objective_id")
    parameters = {name: getattr(breach, name) for name in names}
    recurs_since = work.now - work.service_settings.of(IssueSettings).recurs_within
    parameters |= {"cause_key": build_cause_key(breach.service_id), "since": recurs_since}
    while True:
        row = (await work.session.execute(_NEAREST, parameters)).one()
        if row.id is None:
            return IssueMatch(None, None, row.cause_id)
        issue = await store.get_issue(work, row.id, lock=True)
        if issue.version == row.version:
            return IssueMatch(issue, BreachRelation(row.relation), row.cause_id)
        # Another transaction changed it in between, and another issue may be nearer now.
