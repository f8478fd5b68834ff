"""Names as Prometheus has them, of what OpenTelemetry calls otherwise: one selector finds a series however it came."""

# The rules are those of the OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility".

import re
from collections.abc import Iterable
from functools import lru_cache

_UNITS = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tebibytes",
    "KBy": "kilobytes",
    "kBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "%": "percent",
    "1": "",
}
_PER = {"s": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}
_BRACES = re.compile(r"\{[^}]*\}")
_NOT_OF_A_METRIC = re.compile(r"[^a-zA-Z0-9:]+")
_NOT_OF_A_LABEL = re.compile(r"[^a-zA-Z0-9]+")


@lru_cache(maxsize=4096)
def metric_name(name: str, unit: str, *, counter: bool = False, gauge: bool = False) -> str:
    """With the unit and, for what only grows, `total` at its end; each once. Empty if there is nothing to name."""
    words = [word for word in _NOT_OF_A_METRIC.split(name) if word]
    if not words:
        return ""
    if counter and words[-1] == "total":
        words.pop()
    ratio = ["ratio"] if gauge and unit == "1" else []
    words += [word for word in (*_unit_words(unit), *ratio) if word not in words]
    whole = "_".join([*words, "total"] if counter else words)
    return f"_{whole}" if whole[0].isdigit() else whole


def _unit_words(unit: str) -> list[str]:
    """What `By/s` is in full: bytes, per, second. What stands in braces is a remark."""
    main, _, per = (_BRACES.sub("", part).strip() for part in unit.partition("/"))
    words = _words(_UNITS.get(main, main))
    return [*words, "per", *_words(_PER.get(per, per))] if _words(per) else words


def _words(text: str) -> list[str]:
    return [word for word in _NOT_OF_A_LABEL.split(text) if word]


@lru_cache(maxsize=4096)
def label_name(key: str) -> str:
    """Nothing a sender writes becomes a label that begins with an underscore: those have meanings of their own."""
    name = _NOT_OF_A_LABEL.sub("_", key)
    if name.startswith("_"):
        return f"key{name}"
    return f"key_{name}" if name[:1].isdigit() else name


def labels_from_attributes(attributes: Iterable[tuple[str, str]], prefix: str = "") -> dict[str, str]:
    """Where two keys become one label, their values are joined in the order of the keys. Empty ones say nothing."""
    found: dict[str, list[str]] = {}
    for key, value in sorted(attributes):
        found.setdefault(label_name(prefix + key), []).append(value)
    return {name: text for name, values in found.items() if (text := ";".join(values))}
