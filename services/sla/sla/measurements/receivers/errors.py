"""The rules that a push can break."""

from common.errors import Invalid, Malformed, UnsupportedMediaType
from sla.measurements.ingest.decoded_push import WrittenCounts


class RemoteWriteEncodingNotSupported(UnsupportedMediaType, slug="encoding-not-supported"):
    """Remote write 1.0 and 2.0 are accepted: application/x-protobuf in a snappy block."""


class OtlpNotSupported(UnsupportedMediaType, slug="otlp-not-supported"):
    """OTLP/HTTP is accepted as application/x-protobuf or application/json."""


class BodyUnreadable(Malformed, slug="body-unreadable"):
    """The body must be a snappy block that holds a protobuf message of the announced type."""


class MetricsUnreadable(Malformed, slug="metrics-unreadable"):
    """The body must be an ExportMetricsServiceRequest of the announced type."""


class BodyEncodingNotSupported(UnsupportedMediaType, slug="body-encoding-not-supported"):
    """A body is accepted plain or with gzip."""


class BodyNotCompressed(Malformed, slug="body-not-compressed"):
    """The body must be compressed as its Content-Encoding says."""


class BodyNotJson(Malformed, slug="body-not-json"):
    """The body must be a JSON document in UTF-8."""


class SamplesRefused(Malformed, slug="samples-refused"):
    """Some samples break a rule; all others are written, and sending these again does not help."""

    def __init__(self, message: str, written: WrittenCounts) -> None:
        super().__init__(message)
        self.written = written


class IndicatorNotInUse(Invalid, slug="indicator-not-in-use"):
    """A sample must name an indicator that is defined and not retired."""


class SampleDoesNotFitIndicator(Invalid, slug="sample-does-not-fit-indicator"):
    """A ratio or quality takes good and total, a volume or histogram a value; the other kinds take either."""
