"""An event on its way: CloudEvents 1.0 in Kafka's binary mode."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from common.error_descriptions import ExplainedError
from published.event import Event, registered_events, topic_name

KafkaHeaders = Sequence[tuple[str, bytes | None]]
"""Headers of a Kafka record; a value may be missing."""
UNREADABLE_TYPE = "unreadable"
"""The type of the dead letter for a record that is no event."""
EPOCH_PATTERN = re.compile(rb"[0-9]{1,9}")
MAX_VERSION = 2**63 - 1
"""The largest version of an aggregate."""


class UnreadableRecord(ExplainedError):
    """The record is no CloudEvent, or its data does not fit the event's schema."""


@dataclass(frozen=True, slots=True)
class Envelope:
    id: UUID
    source: str
    """The service that emitted it."""
    type: str
    subject: str
    """The aggregate's id, and the record key."""
    version: int
    """The aggregate's version: 1, 2, 3, … without a gap."""
    oldest: int
    """The oldest version that its service still holds: older ones can no longer come."""
    time: datetime
    correlation: str
    causation: str | None
    data: str
    """The event as JSON."""

    @property
    def aggregate(self) -> tuple[str, str]:
        """The service that emitted it and its aggregate's id: versions count within both."""
        return self.source, self.subject

    def parse_event(self) -> Event | None:
        """Parse the event; None when its class is unknown here."""
        kind = registered_events().get(self.type)
        if kind is None:
            return None
        try:
            return kind.model_validate_json(self.data)
        except ValidationError as broken:
            raise UnreadableRecord(f"{broken.error_count()} fields do not fit") from broken

    def find_defect(self) -> str | None:
        """Find what makes this no valid event, or impossible to store even as a dead letter."""
        if not (self.source and self.type and self.subject):
            return "source, type or subject is empty"
        if self.time.tzinfo is None:
            return "ce_time has no offset"
        if not 1 <= self.version <= MAX_VERSION or not 1 <= self.oldest <= MAX_VERSION:
            return f"no event has the version {self.version}, or {self.oldest} before it"
        texts = (self.source, self.type, self.subject, self.correlation, self.causation or "", self.data)
        return "the character U+0000" if any("\x00" in text for text in texts) else None

    def headers(self, epoch: int) -> list[tuple[str, bytes]]:
        """Return the attributes as Kafka headers, with the relay's epoch, which is no part of the event."""
        attributes = {
            "ce_specversion": "1.0",
            "ce_id": str(self.id),
            "ce_source": f"/{self.source}",
            "ce_type": self.type,
            "ce_subject": self.subject,
            "ce_time": self.time.isoformat(),
            "ce_partitionkey": self.subject,
            "ce_aggversion": str(self.version),
            "ce_correlationid": self.correlation,
            "content-type": "application/json",
            "relay-epoch": str(epoch),
            "relay-oldest": str(self.oldest),
        }
        if self.causation:
            attributes["ce_causationid"] = self.causation
        return [(name, value.encode()) for name, value in attributes.items()]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"id": str(self.id), "time": self.time.isoformat()}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> "Envelope":
        return cls(**document | {"id": UUID(document["id"]), "time": datetime.fromisoformat(document["time"])})

    @classmethod
    def from_record(cls, headers: KafkaHeaders, value: bytes | None, topic: str) -> "Envelope":
        """Read the envelope from a Kafka record. Raise UnreadableRecord.

        A topic is believed about the service it belongs to only: another one could write to it.
        """
        texts = {name: (content or b"").decode(errors="replace") for name, content in headers}
        try:
            envelope = cls(
                id=UUID(texts["ce_id"]),
                source=texts["ce_source"].removeprefix("/"),
                type=texts["ce_type"],
                subject=texts["ce_subject"],
                version=int(texts["ce_aggversion"]),
                oldest=int(texts.get("relay-oldest", "1")),
                time=datetime.fromisoformat(texts["ce_time"]),
                correlation=texts.get("ce_correlationid", texts["ce_id"]),
                causation=texts.get("ce_causationid"),
                data=(value or b"").decode(),
            )
        except (KeyError, ValueError) as broken:
            raise UnreadableRecord("not one of our CloudEvents: an attribute is missing or cannot be read") from broken
        if topic != topic_name(envelope.source) or not envelope.type.startswith(f"rapport.{envelope.source}."):
            raise UnreadableRecord("an event of another service than the one whose topic it stands in")
        if defect := envelope.find_defect():
            raise UnreadableRecord(f"not one of our CloudEvents: {defect}")
        return envelope


def parse_epoch(headers: KafkaHeaders) -> int:
    """Parse the relay's epoch in which a record was sent; 0 when there is none."""
    for name, content in headers:
        if name == "relay-epoch" and content and EPOCH_PATTERN.fullmatch(content):
            return int(content)
    return 0
