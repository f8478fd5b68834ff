"""Fees that rise with time: what a fee has come to on a day."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import count, takewhile

from common.currencies import decimal_places
from common.dates import ONE_DAY
from common.views import Money
from sla.contracts.notice_dates import compute_last_day
from sla.contracts.term_schedule import TermSchedule, TermsVersion
from sla.contracts.terms import Fee

PRECISION = 1000
"""Enough digits for a fee that doubles every month until the year 2200."""


def fee_agreed_since(versions: tuple[TermsVersion, ...], version: TermsVersion, fee: Fee) -> date:
    """The day from which the fee was agreed unchanged: a later version that keeps it keeps its rises, too."""
    while earlier := tuple(candidate for candidate in versions if candidate.number < version.number):
        before = TermSchedule(earlier).version_on(version.effective_on - ONE_DAY)
        if fee not in before.terms.fees:
            break
        version = before
    return version.effective_on


def fee_on(fee: Fee, since: date, day: date) -> Money:
    """Compute the fee on a day: rises count from `since`, each rounded half up to the decimals of the currency."""
    amount, unit = fee.fee.amount, Decimal(1).scaleb(-decimal_places(fee.fee.currency))
    percent = fee.indexation.percent if fee.indexation else Decimal(0)
    with localcontext(prec=PRECISION):
        for _ in fee_rise_days(fee, since, day):
            amount = (amount * (1 + percent / 100)).quantize(unit, ROUND_HALF_UP)
    return Money.model_construct(amount=amount, currency=fee.fee.currency)  # only what is sent has bounds


def fee_rise_days(fee: Fee, since: date, last: date) -> Iterator[date]:
    """The days up to the last, included, on which the fee rises: each follows whole months, as a term of them would."""
    if fee.indexation is None:
        return iter(())
    every = fee.indexation.every_months
    return takewhile(lambda day: day <= last, (compute_last_day(since, every * rise) + ONE_DAY for rise in count(1)))
