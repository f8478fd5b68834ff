"""Assembles a scorecard from the facts. Pure: the same facts give the same document, byte for byte."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from common.representations.percentages import cut, cut_share
from reporting.scorecards.model import AgreementReplica, Breach, CustomerReplica, Progress, Satisfaction, Statement
from reporting.scorecards.months import Month
from reporting.scorecards.store import ScorecardFacts
from reporting.scorecards.views import (
    AwaitedCard,
    BreachCard,
    Credit,
    IssueCard,
    Objective,
    Performance,
    ProgressCard,
    ReportedCustomer,
    SatisfactionCard,
    Scorecard,
    ScorecardLine,
    StatementCard,
    TrendPoint,
    Verdict,
    Withheld,
)

PERFORMANCE_PLACES, RATE_PLACES = 4, 2


def assemble_scorecard(customer: CustomerReplica, period: Month, first: Month, facts: ScorecardFacts) -> Scorecard:
    """Assemble the scorecard of a customer; its trend begins with the month `first` at the earliest."""
    statements = _select_month(facts.statements, period)
    under_way = _list_under_way(facts)
    awaited = _list_unreported(facts.agreements, [*statements, *under_way])
    return Scorecard(
        customer=ReportedCustomer(id=customer.customer_id, name=customer.name),
        period=str(period),
        performance=_performance(statements, under_way, facts.agreements),
        statements=[_statement_card(statement, facts) for statement in statements],
        under_way=[_progress_card(progress, facts) for progress in under_way],
        awaited=[_awaited_card(agreement, facts) for agreement in awaited],
        breaches=[_breach_card(breach, statements) for breach in facts.breaches],
        issues=[IssueCard.model_validate(issue) for issue in facts.issues],
        satisfaction=[_satisfaction_card(survey) for survey in _select_month(facts.satisfaction, period)],
        trend=_trend(facts, first, period),
        satisfaction_trend=[_satisfaction_card(survey) for survey in facts.satisfaction],
    )


def assemble_line(customer: CustomerReplica, period: Month, facts: ScorecardFacts) -> ScorecardLine:
    statements = _select_month(facts.statements, period)
    return ScorecardLine(
        customer=ReportedCustomer(id=customer.customer_id, name=customer.name),
        period=str(period),
        performance=_performance(statements, _list_under_way(facts), facts.agreements),
        breaches=sum(_breach_card(breach, statements).standing for breach in facts.breaches),
        open_issues=sum(issue.resolved_at is None for issue in facts.issues),
        satisfaction=[_satisfaction_card(survey) for survey in _select_month(facts.satisfaction, period)],
    )


def _select_month(rows: Sequence[Any], period: Month) -> list[Any]:
    return [row for row in rows if row.month == period.first_day]


def _list_under_way(facts: ScorecardFacts) -> list[Progress]:
    """List the periods that have figures to date and no statement yet."""
    stated_periods = {(statement.agreement_id, statement.period_from) for statement in facts.statements}
    return [row for row in facts.progress if (row.agreement_id, row.period_from) not in stated_periods]


def _list_unreported(
    agreements: Sequence[AgreementReplica], reported: Sequence[Statement | Progress]
) -> list[AgreementReplica]:
    reported_ids = {row.agreement_id for row in reported}
    unreported = [agreement for agreement in agreements if agreement.agreement_id not in reported_ids]
    return sorted(unreported, key=lambda agreement: (agreement.name, agreement.agreement_id))


def _performance(
    statements: Sequence[Statement], under_way: Sequence[Progress], agreements: Sequence[AgreementReplica]
) -> Performance:
    stated_ids = {statement.agreement_id for statement in statements}
    reported: list[Statement | Progress] = [*statements, *under_way]
    verdicts = [objective["met"] for row in reported for objective in row.objectives]
    awaited = sum(len(agreement.objectives) for agreement in _list_unreported(agreements, reported))
    return Performance(
        percent=_mean(reported),
        provisional=bool(under_way),
        until=min((row.until for row in under_way), default=None),
        agreements=len(stated_ids | {agreement.agreement_id for agreement in agreements}),
        stated=len(stated_ids),
        objectives=len(verdicts) - verdicts.count(None),
        objectives_met=verdicts.count(True),
        objectives_missed=verdicts.count(False),
        objectives_undecided=verdicts.count(None) + awaited,
        verdict=_verdict(statements, is_complete=not under_way and not _list_unreported(agreements, statements)),
    )


def _mean(rows: Sequence[Statement | Progress]) -> Decimal | None:
    """Compute the mean performance, cut: a mean just under 100 is not 100."""
    values = [row.performance for row in rows if row.performance is not None]
    return cut(sum(values, Decimal(0)) / len(values), PERFORMANCE_PLACES) if values else None


def _verdict(statements: Sequence[Statement], *, is_complete: bool) -> Verdict:
    """Return missed as soon as one statement is, and met only once no statement is awaited."""
    verdicts = [statement.met for statement in statements]
    if False in verdicts:
        return Verdict.MISSED
    if not is_complete:
        return Verdict.AWAITED
    return Verdict.MET if True in verdicts else Verdict.NOT_MEASURED


def _statement_card(row: Statement, facts: ScorecardFacts) -> StatementCard:
    return StatementCard.from_entity(
        row,
        **_offering_fields(row.agreement_id, facts),
        verdict=Verdict.from_met(row.met),
        objectives=[_stated_objective(objective) for objective in row.objectives],
        credit=Credit(amount=row.credit, currency=row.currency) if row.credit is not None and row.currency else None,
    )


def _progress_card(row: Progress, facts: ScorecardFacts) -> ProgressCard:
    return ProgressCard.from_entity(
        row,
        **_offering_fields(row.agreement_id, facts),
        verdict=Verdict.from_met(row.met),
        objectives=[_stated_objective(objective) for objective in row.objectives],
    )


def _awaited_card(row: AgreementReplica, facts: ScorecardFacts) -> AwaitedCard:
    return AwaitedCard.from_entity(
        row,
        agreement_name=row.name,
        **_offering_fields(row.agreement_id, facts),
        objectives=[_awaited_objective(objective) for objective in row.objectives],
    )


def _offering_fields(agreement_id: object, facts: ScorecardFacts) -> dict[str, str | None]:
    """Return the offering of the agreement, as far as it is known from the catalog."""
    offering_ids = [agreement.offering_id for agreement in facts.agreements if agreement.agreement_id == agreement_id]
    offering = facts.offerings.get(offering_ids[0]) if offering_ids else None
    return {"offering_name": offering.name if offering else None, "tier": offering.tier if offering else None}


def _stated_objective(objective: dict[str, Any]) -> Objective:
    figures = {name: objective[name] for name in ("target", "attained", "budget_remaining", "coverage")}
    figures["margin"] = objective.get("margin")  # older events lack it, and verdicts and warnings
    verdict = Verdict.from_result(objective["met"], objective.get("verdict"))
    return _cut_attained(_objective(objective, verdict, figures))


def _cut_attained(objective: Objective) -> Objective:
    """Cut what was attained where an older statement rounded it up to the target that was missed."""
    target, attained, margin = objective.target, objective.attained, objective.margin
    if attained is None or margin is None or margin >= 0 or attained < target:
        return objective
    return objective.model_copy(update={"attained": cut(target + margin, PERFORMANCE_PLACES)})


def _awaited_objective(objective: dict[str, Any]) -> Objective:
    no_figures = dict.fromkeys(("attained", "budget_remaining", "coverage", "margin"))
    return _objective(objective, Verdict.AWAITED, {"target": objective["target"], **no_figures})


def _objective(objective: dict[str, Any], verdict: Verdict, figures: dict[str, str | None]) -> Objective:
    numbers = {name: None if text is None else Decimal(text) for name, text in figures.items()}
    return Objective(
        objective_id=objective["objective_id"],
        name=objective["name"],
        verdict=verdict,
        warnings=list(objective.get("warnings", ())),
        **numbers,
    )


def _breach_card(row: Breach, statements: Sequence[Statement]) -> BreachCard:
    key = (row.agreement_id, row.period_from)
    of_period = [statement for statement in statements if (statement.agreement_id, statement.period_from) == key]
    met_now = {
        objective["objective_id"]: objective["met"] for statement in of_period for objective in statement.objectives
    }
    return BreachCard.from_entity(row, standing=met_now.get(str(row.objective_id)) is not True)


def _satisfaction_card(row: Satisfaction) -> SatisfactionCard:
    rate = cut_share(row.answered, row.invited, RATE_PLACES) if row.invited else None
    withheld = Withheld(answered=row.answered, needed=row.smallest_n) if row.answered and row.score is None else None
    period = str(Month.from_date(row.month))
    return SatisfactionCard.from_entity(row, period=period, response_rate=rate, withheld=withheld)


def _trend(facts: ScorecardFacts, first: Month, period: Month) -> list[TrendPoint]:
    months = [first]
    while months[-1] < period:
        months.append(months[-1].add_months(1))
    rows: list[Any] = [*facts.statements, *facts.satisfaction]
    first_known = min((Month.from_date(row.month) for row in rows), default=period)
    return [_trend_point(facts, month) for month in months if month >= first_known]


def _trend_point(facts: ScorecardFacts, month: Month) -> TrendPoint:
    statements, under_way = _select_month(facts.statements, month), _select_month(_list_under_way(facts), month)
    verdict = _verdict(statements, is_complete=bool(statements) and not under_way)
    performance = _mean([*statements, *under_way])
    return TrendPoint(period=str(month), performance=performance, provisional=bool(under_way), verdict=verdict)
