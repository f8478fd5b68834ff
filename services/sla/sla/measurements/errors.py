"""The rules of measurements that other rooms rest on."""

from common.errors import Unavailable


class MeasurementsPending(Unavailable, slug="measurements-pending"):
    """Measurements received before are still being rolled up; ask again."""
