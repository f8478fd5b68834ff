"""Which series may be pushed with a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sla.indicators.definition import IndicatorDefinition
from sla.indicators.selectors import Matcher


@dataclass(frozen=True, slots=True)
class PushScope:
    selectors: tuple[tuple[Matcher, ...], ...]
    """The conditions of each selector, which all have to be met."""
    indicators: tuple[IndicatorDefinition, ...]
    is_open: bool = False
    """Whether any series may be pushed, as the limits name neither selectors nor indicators."""

    def permits(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a series with these labels is selected, or belongs to one of the indicators."""
        if self.is_open:
            return True
        is_selected = any(all(matcher.matches(labels) for matcher in matchers) for matchers in self.selectors)
        return is_selected or any(indicator.role_of(labels) is not None for indicator in self.indicators)


class KeyLimits(NamedTuple):
    """The limits of a key as they were read."""

    key_id: UUID
    scope: PushScope
    samples_per_minute: int | None
