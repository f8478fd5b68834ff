"""The senders of pushes, each with the registry of its series and what its key has left to push."""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from common.auth.api_keys import KEY_SUBJECT
from common.auth.principal import Principal
from common.runtime import Runtime
from sla.indicators.errors import InvalidSelector
from sla.indicators.selectors import parse_matchers
from sla.measurements.ingest.series_registry import SeriesRegistry
from sla.measurements.settings import PushSettings
from sla.push_keys.model import SAMPLES_SCOPE
from sla.push_keys.push_scope import KeyLimits, PushScope
from sla.push_keys.sample_budget import SampleBudget
from sla.push_keys.store import find_limits_by_prefix, list_indicators

LIMITS_LIFETIME = timedelta(seconds=20)
"""How long the limits of a key are not read again."""
MAX_LIMITED_SENDERS = 200
"""Senders with limits that a process remembers, each with its series."""


@dataclass(frozen=True, slots=True)
class Sender:
    subject: str
    registry: SeriesRegistry
    budget: SampleBudget | None = None
    limits: KeyLimits | None = None
    limits_read_at: datetime | None = None


class Senders:
    """Remembers the senders of a process: those without limits share one registry."""

    def __init__(self, runtime: Runtime, settings: PushSettings) -> None:
        self._runtime, self._settings = runtime, settings
        self._shared_registry = self._build_registry(None)
        self._limited: OrderedDict[str, Sender] = OrderedDict()

    async def get_sender(self, principal: Principal) -> Sender:
        if SAMPLES_SCOPE not in principal.scopes:
            return Sender(principal.subject, self._shared_registry)
        sender, now = self._limited.get(principal.subject), self._runtime.clock()
        if sender is None or sender.limits_read_at is None or now - sender.limits_read_at >= LIMITS_LIFETIME:
            sender = await self._read(principal, sender, now)
            self._limited[principal.subject] = sender
            self._limited.move_to_end(principal.subject)
            while len(self._limited) > MAX_LIMITED_SENDERS:
                self._limited.popitem(last=False)
        return sender

    async def _read(self, principal: Principal, before: Sender | None, now: datetime) -> Sender:
        """Read the limits of a key; what the sender before has remembered and left stays if they are the same."""
        async with self._runtime.database.read_sessions() as session:
            limits = await find_limits_by_prefix(session, principal.subject.removeprefix(KEY_SUBJECT))
            if limits is None:  # lifted while the key was verified with its old scope
                return Sender(principal.subject, self._shared_registry, limits_read_at=now)
            indicators = await list_indicators(session, [UUID(text) for text in limits.indicator_ids])
        definitions = []
        for indicator in indicators:
            with suppress(InvalidSelector):  # a stored definition that cannot be read takes nothing until it is mended
                definitions.append(indicator.definition)
        is_open = not limits.selectors and not limits.indicator_ids
        scope = PushScope(tuple(map(parse_matchers, limits.selectors)), tuple(definitions), is_open)
        key_limits = KeyLimits(limits.key_id, scope, limits.samples_per_minute)
        if before and before.limits == key_limits:
            return replace(before, limits_read_at=now)
        budget = SampleBudget(limits.samples_per_minute, now) if limits.samples_per_minute else None
        return Sender(principal.subject, self._build_registry(key_limits), budget, key_limits, now)

    def _build_registry(self, limits: KeyLimits | None) -> SeriesRegistry:
        settings = self._settings
        return SeriesRegistry(self._runtime.get_pool, settings.replica_labels, settings.series_cache_size, limits)
