"""Which series are which part of which indicator."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import asyncpg
import orjson

from sla.indicators.definition import DIRECT, Definition
from sla.indicators.selectors import NAME
from sla.measurements.minutes import milliseconds
from sla.measurements.shares import Bound

REMEMBERED = 500_000
_FOREVER = 2**62

_VERSIONS = "SELECT id, version FROM sla.indicators ORDER BY id"
_INDICATORS = "SELECT * FROM sla.indicators ORDER BY id"
_LABELS = "SELECT id, labels FROM sla.series WHERE id = ANY($1)"


class Index:
    """Definitions by the metrics they can be bound to."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self.definitions = {definition.indicator_id: definition for definition in definitions}
        self._by_metric: dict[str, list[Definition]] = defaultdict(list)
        for definition in self.definitions.values():
            for metric in definition.metrics:
                self._by_metric[metric].append(definition)

    def bound(self, labels: Mapping[str, str]) -> Bound:
        """The indicators that a series with these labels is bound to, and its role in each."""
        roles = [(one.indicator_id, one.role_of(labels)) for one in self._candidates(labels)]
        return tuple((indicator, role) for indicator, role in roles if role is not None)

    def _candidates(self, labels: Mapping[str, str]) -> Sequence[Definition]:
        if DIRECT in labels:
            found = self.definitions.get(UUID(labels[DIRECT]))
            return [found] if found else []
        return self._by_metric.get(labels.get(NAME, ""), [])


class Bindings:
    """What the folder remembers from cycle to cycle."""

    def __init__(self) -> None:
        self._versions: list[tuple[UUID, int]] = []
        self._bound: dict[int, Bound] = {}
        self.index = Index(())
        self.until: dict[UUID, int] = {}
        """The instant (ms) before which an indicator takes samples."""

    async def refresh(self, connection: asyncpg.Connection) -> None:
        """Take notice of indicators that were defined or changed."""
        versions = [(row["id"], row["version"]) for row in await connection.fetch(_VERSIONS)]
        if versions == self._versions:
            return
        rows = await connection.fetch(_INDICATORS)
        self.index = Index([Definition.read({**row, "series": orjson.loads(row["series"])}) for row in rows])
        self.until = {row["id"]: milliseconds(row["retired_at"]) if row["retired_at"] else _FOREVER for row in rows}
        self._versions, self._bound = versions, {}

    async def of(self, connection: asyncpg.Connection, series: Sequence[int]) -> dict[int, Bound]:
        if len(self._bound) > REMEMBERED:
            self._bound = {}
        unknown = [number for number in series if number not in self._bound]
        if unknown:
            for row in await connection.fetch(_LABELS, unknown):
                self._bound[row["id"]] = self.index.bound(orjson.loads(row["labels"]))
        return {number: bound for number in series if (bound := self._bound.get(number))}
