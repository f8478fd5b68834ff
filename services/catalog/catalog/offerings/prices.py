"""Which of several dated prices holds on a day."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class DatedPrice(Protocol):
    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...


P = TypeVar("P", bound=DatedPrice)


def price_in_force(prices: Iterable[P], on: date) -> P | None:
    """The one that began last, unless it is over by `on`: an earlier price does not come back."""
    begun = [price for price in prices if price.valid_from <= on]
    newest = max(begun, key=lambda price: price.valid_from, default=None)
    over = newest is not None and newest.valid_to is not None and newest.valid_to < on
    return None if over else newest
