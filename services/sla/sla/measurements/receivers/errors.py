"""The rules that a push can break."""

from common.errors import Malformed, UnsupportedMediaType
from sla.measurements.ingest.decoded_push import WrittenCounts
from sla.measurements.ingest.refusals import Refusals


class RemoteWriteEncodingNotSupported(UnsupportedMediaType, slug="encoding-not-supported"):
    """Remote write 1.0 and 2.0 are accepted: application/x-protobuf in a snappy block."""


class OtlpNotSupported(UnsupportedMediaType, slug="otlp-not-supported"):
    """OTLP/HTTP is accepted as application/x-protobuf or application/json."""


class TextFormatNotSupported(UnsupportedMediaType, slug="text-format-not-supported"):
    """Samples of Prometheus' clients are accepted in the text format, and not as protobuf."""


class BodyUnreadable(Malformed, slug="body-unreadable"):
    """The body must be a snappy block that holds a protobuf message of the announced type."""


class MetricsUnreadable(Malformed, slug="metrics-unreadable"):
    """The body must be an ExportMetricsServiceRequest of the announced type."""


class BodyNotJson(Malformed, slug="body-not-json"):
    """The body must be a JSON document in UTF-8."""


class LinesUnreadable(Malformed, slug="lines-unreadable"):
    """The body must be lines of text in UTF-8."""


class SamplesRefused(Malformed, slug="samples-refused"):
    """Some samples break a rule; all others are written, and sending these again does not help."""

    def __init__(self, refusals: Refusals, written: WrittenCounts) -> None:
        super().__init__(refusals.message)
        self.written = written
        pairs = [reason.partition(": ") for reason in refusals.named]
        self._fields = [{"field": field, "message": text} for field, _, text in pairs if field.startswith("samples[")]

    def field_errors(self) -> list[dict[str, str]]:
        return self._fields
