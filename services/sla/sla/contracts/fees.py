"""What a fee has come to on a day."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import count, takewhile
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from common.currencies import decimal_places
from common.views import Money
from sla.contracts.terms import ContractTerms, Fee

PRECISION = 1000
"""Enough for a fee that doubles every month until the year 2200."""
ONE_DAY = timedelta(days=1)


class TermsVersion(NamedTuple):
    """A version of the terms, in force from its day until one with a higher number is."""

    number: int
    effective_on: date
    terms: ContractTerms


def terms_version_on(editions: Sequence[TermsVersion], day: date) -> TermsVersion:
    """`editions` by number; before the first day, the first."""
    return next((one for one in reversed(editions) if one.effective_on <= day), editions[0])


def fee_agreed_since(editions: Sequence[TermsVersion], edition: TermsVersion, fee: Fee) -> date:
    """A fee that other versions before had as it stands goes on from theirs, and keeps its rises."""
    while edition.number > editions[0].number:
        earlier = [one for one in editions if one.number < edition.number]
        before = terms_version_on(earlier, edition.effective_on - ONE_DAY)
        if fee not in before.terms.fees:
            break
        edition = before
    return edition.effective_on


def fee_on(fee: Fee, since: date, day: date) -> Money:
    """`since`: the day from which it was agreed as it stands. Rises round half up, to what the currency has."""
    amount, unit = fee.fee.amount, Decimal(1).scaleb(-decimal_places(fee.fee.currency))
    with localcontext(prec=PRECISION):
        for _ in fee_rise_days(fee, since, day):
            amount = (amount * (1 + _percent(fee) / 100)).quantize(unit, ROUND_HALF_UP)
    return Money.model_construct(amount=amount, currency=fee.fee.currency)  # only what is sent has bounds


def fee_rise_days(fee: Fee, since: date, last: date) -> Iterator[date]:
    """The days on which it rises, up to the last, included. In a month too short for the day: on its last one."""
    if fee.indexation is None:
        return iter(())
    every = fee.indexation.every_months
    return takewhile(lambda day: day <= last, (since + relativedelta(months=every * turn) for turn in count(1)))


def _percent(fee: Fee) -> Decimal:
    return fee.indexation.percent if fee.indexation else Decimal(0)
