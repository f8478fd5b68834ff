"""What a fee has come to on a day."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import count, takewhile

from dateutil.relativedelta import relativedelta

from common.views import Money
from sla.contracts.documents import Fee

CENT = Decimal("0.01")


def fee_on(fee: Fee, since: date, day: date) -> Money:
    """`since` is the day from which it was agreed as it stands; each rise is rounded half up to the cent."""
    amount = fee.fee.amount
    for _ in rises(fee, since, day):
        amount = (amount * (1 + _percent(fee) / 100)).quantize(CENT, ROUND_HALF_UP)
    return Money(amount=amount, currency=fee.fee.currency)


def rises(fee: Fee, since: date, last: date) -> Iterator[date]:
    """The days on which it rises, up to the last, included. In a month too short for the day: on its last one."""
    if fee.indexation is None:
        return iter(())
    every = fee.indexation.every_months
    return takewhile(lambda day: day <= last, (since + relativedelta(months=every * turn) for turn in count(1)))


def _percent(fee: Fee) -> Decimal:
    return fee.indexation.percent if fee.indexation else Decimal(0)
