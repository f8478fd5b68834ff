"""The price in force on a day."""

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
    """Return the price that began last, unless it is over by `on`: an earlier price does not come back."""
    begun_prices = [price for price in prices if price.valid_from <= on]
    newest = max(begun_prices, key=lambda price: price.valid_from, default=None)
    is_over = newest is not None and newest.valid_to is not None and newest.valid_to < on
    return None if is_over else newest
