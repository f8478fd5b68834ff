"""Which series may be pushed with a key."""

from collections.abc import Mapping
from dataclasses import dataclass

from sla.indicators.definition import IndicatorDefinition
from sla.indicators.selectors import Matcher


@dataclass(frozen=True, slots=True)
class PushScope:
    selectors: tuple[tuple[Matcher, ...], ...]
    """The conditions of each selector, which all have to be met."""
    indicators: tuple[IndicatorDefinition, ...]

    def permits(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a series with these labels is selected, or belongs to one of the indicators."""
        if not self.selectors and not self.indicators:
            return True
        is_selected = any(all(matcher.matches(labels) for matcher in matchers) for matchers in self.selectors)
        return is_selected or any(indicator.role_of(labels) is not None for indicator in self.indicators)
