"""Puts a scorecard together from the facts. Pure: the same facts give the same document, byte for byte."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any

from reporting.scorecards.model import AgreementReplica, Breach, CustomerReplica, Issue, Satisfaction, Statement
from reporting.scorecards.months import Month
from reporting.scorecards.store import ScorecardFacts
from reporting.scorecards.views import (
    AwaitedCard,
    BreachCard,
    Credit,
    CustomerView,
    IssueCard,
    Objective,
    Performance,
    SatisfactionCard,
    Scorecard,
    ScorecardLine,
    StatementCard,
    TrendPoint,
    Verdict,
)

HUNDREDTH, TENTHOUSANDTH = Decimal("0.01"), Decimal("0.0001")


def assemble_scorecard(customer: CustomerReplica, period: Month, first: Month, facts: ScorecardFacts) -> Scorecard:
    """`first` is where the trend begins at the earliest."""
    stated = _of(facts.statements, period)
    return Scorecard(
        customer=CustomerView(id=customer.customer_id, name=customer.name),
        period=str(period),
        performance=_performance(stated, facts.agreements),
        statements=[_statement(one, facts) for one in stated],
        awaited=[_awaited(one, facts) for one in _unstated(facts.agreements, stated)],
        breaches=[_breach(one, stated) for one in facts.breaches],
        issues=[_issue(one) for one in facts.issues],
        satisfaction=[_satisfaction(one) for one in _of(facts.satisfaction, period)],
        trend=_trend(facts, first, period),
        satisfaction_trend=[_satisfaction(one) for one in facts.satisfaction],
    )


def assemble_line(customer: CustomerReplica, period: Month, facts: ScorecardFacts) -> ScorecardLine:
    stated = _of(facts.statements, period)
    return ScorecardLine(
        customer=CustomerView(id=customer.customer_id, name=customer.name),
        period=str(period),
        performance=_performance(stated, facts.agreements),
        breaches=sum(_breach(one, stated).standing for one in facts.breaches),
        open_issues=sum(one.resolved_at is None for one in facts.issues),
        satisfaction=[_satisfaction(one) for one in _of(facts.satisfaction, period)],
    )


def _of(rows: Sequence[Any], period: Month) -> list[Any]:
    return [row for row in rows if row.month == period.first_day]


def _unstated(agreements: Sequence[AgreementReplica], stated: Sequence[Statement]) -> list[AgreementReplica]:
    done = {statement.agreement_id for statement in stated}
    waiting = [agreement for agreement in agreements if agreement.agreement_id not in done]
    return sorted(waiting, key=lambda agreement: (agreement.name, agreement.agreement_id))


def _performance(stated: Sequence[Statement], agreements: Sequence[AgreementReplica]) -> Performance:
    done = {statement.agreement_id for statement in stated}
    verdicts = [objective["met"] for statement in stated for objective in statement.objectives]
    judged = [met for met in verdicts if met is not None]
    return Performance(
        percent=_mean(stated),
        agreements=len(done | {agreement.agreement_id for agreement in agreements}),
        stated=len(done),
        objectives=len(judged),
        objectives_met=sum(judged),
        verdict=_verdict(stated, complete=not _unstated(agreements, stated)),
    )


def _mean(stated: Sequence[Statement]) -> Decimal | None:
    """Rounded down: a mean just under 100 is not 100."""
    known = [statement.performance for statement in stated if statement.performance is not None]
    return (sum(known, Decimal(0)) / len(known)).quantize(TENTHOUSANDTH, ROUND_DOWN) if known else None


def _verdict(stated: Sequence[Statement], *, complete: bool) -> Verdict:
    """One missed is missed, whatever else is still awaited; met is said only once nothing is."""
    verdicts = [statement.met for statement in stated]
    if False in verdicts:
        return Verdict.MISSED
    if not complete:
        return Verdict.AWAITED
    return Verdict.MET if True in verdicts else Verdict.NOT_MEASURED


def _statement(row: Statement, facts: ScorecardFacts) -> StatementCard:
    return StatementCard(
        agreement_id=row.agreement_id,
        agreement_name=row.agreement_name,
        service_name=row.service_name,
        **_offered(row.agreement_id, facts),
        period_from=row.period_from,
        period_to=row.period_to,
        performance=row.performance,
        verdict=Verdict.from_met(row.met),
        objectives=[_result(objective) for objective in row.objectives],
        credit=Credit(amount=row.credit, currency=row.currency) if row.credit is not None and row.currency else None,
        statement_id=row.statement_id,
        revision=row.revision,
        sha256=row.sha256,
        issued_at=row.issued_at,
    )


def _awaited(row: AgreementReplica, facts: ScorecardFacts) -> AwaitedCard:
    return AwaitedCard(
        agreement_id=row.agreement_id,
        agreement_name=row.name,
        service_name=row.service_name,
        **_offered(row.agreement_id, facts),
        starts_on=row.starts_on,
        objectives=[_promise(objective) for objective in row.objectives],
    )


def _offered(agreement_id: object, facts: ScorecardFacts) -> dict[str, str | None]:
    """What the agreement is on, as far as the catalog has told it."""
    mine = [agreement.offering_id for agreement in facts.agreements if agreement.agreement_id == agreement_id]
    offering = facts.offerings.get(mine[0]) if mine else None
    return {"offering_name": offering.name if offering else None, "tier": offering.tier if offering else None}


def _result(objective: dict[str, Any]) -> Objective:
    figures = {name: objective[name] for name in ("target", "attained", "budget_remaining", "coverage")}
    figures["margin"] = objective.get("margin")  # older events do not say it
    return _objective(objective, Verdict.from_met(objective["met"]), figures)


def _promise(objective: dict[str, Any]) -> Objective:
    unknown = dict.fromkeys(("attained", "budget_remaining", "coverage", "margin"))
    return _objective(objective, Verdict.AWAITED, {"target": objective["target"], **unknown})


def _objective(objective: dict[str, Any], verdict: Verdict, figures: dict[str, str | None]) -> Objective:
    numbers = {name: None if text is None else Decimal(text) for name, text in figures.items()}
    return Objective(objective_id=objective["objective_id"], name=objective["name"], verdict=verdict, **numbers)


def _breach(row: Breach, stated: Sequence[Statement]) -> BreachCard:
    mine = [one for one in stated if (one.agreement_id, one.period_from) == (row.agreement_id, row.period_from)]
    now = {objective["objective_id"]: objective["met"] for one in mine for objective in one.objectives}
    return BreachCard(
        agreement_id=row.agreement_id,
        objective_id=row.objective_id,
        objective_name=row.objective_name,
        period_from=row.period_from,
        target=row.target,
        attained=row.attained,
        standing=now.get(str(row.objective_id)) is not True,
    )


def _issue(row: Issue) -> IssueCard:
    return IssueCard.model_validate(row)


def _satisfaction(row: Satisfaction) -> SatisfactionCard:
    rate = (Decimal(row.answered * 100) / row.invited).quantize(HUNDREDTH) if row.invited else None
    period = str(Month.from_date(row.month))
    known = {name: getattr(row, name) for name in SatisfactionCard.model_fields if hasattr(row, name)}
    return SatisfactionCard(**known, period=period, response_rate=rate)


def _trend(facts: ScorecardFacts, first: Month, period: Month) -> list[TrendPoint]:
    months = [first]
    while months[-1] < period:
        months.append(months[-1].add_months(1))
    told = [Month.from_date(row.month) for row in facts.statements] + [
        Month.from_date(row.month) for row in facts.satisfaction
    ]
    begun = min(told, default=period)
    return [_point(facts, month) for month in months if month >= begun]


def _point(facts: ScorecardFacts, month: Month) -> TrendPoint:
    stated = _of(facts.statements, month)
    return TrendPoint(period=str(month), performance=_mean(stated), verdict=_verdict(stated, complete=bool(stated)))
