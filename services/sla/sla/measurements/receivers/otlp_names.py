"""The Prometheus names of OpenTelemetry metrics and attributes: a selector finds a series whichever way it came."""

# The rules are those of the OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility". It would leave
# nothing of a name without a letter of ASCII: that one stays as it is, as the names of Prometheus may be any text.

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
_NOT_IN_METRIC = re.compile(r"[^a-zA-Z0-9:]+")
_NOT_IN_LABEL = re.compile(r"[^a-zA-Z0-9]+")


@lru_cache(maxsize=4096)
def metric_name(name: str, unit: str, *, counter: bool = False, gauge: bool = False) -> str:
    """Return a metric's name with its unit and, for counters, `total` at its end; empty if there is nothing to name."""
    words = [word for word in _NOT_IN_METRIC.split(name) if word]
    if not words and not name.isascii():
        words = [name]
    if not words:
        return ""
    if counter and words[-1] == "total":
        words.pop()
    ratio = ["ratio"] if gauge and unit == "1" else []
    words += [word for word in (*_unit_words(unit), *ratio) if word not in words]
    full_name = "_".join([*words, "total"] if counter else words)
    return f"_{full_name}" if full_name[0].isdigit() else full_name


def _unit_words(unit: str) -> list[str]:
    """Spell a unit out: `By/s` is bytes, per, second. What stands in braces is a remark."""
    main, _, per = (_BRACES.sub("", part).strip() for part in unit.partition("/"))
    words = _words(_UNITS.get(main, main))
    return [*words, "per", *_words(_PER.get(per, per))] if _words(per) else words


def _words(text: str) -> list[str]:
    return [word for word in _NOT_IN_LABEL.split(text) if word]


@lru_cache(maxsize=4096)
def label_name(key: str) -> str:
    """Return the label for a key; never one that begins with an underscore, as those are reserved."""
    name = _NOT_IN_LABEL.sub("_", key)
    if name == "_" and not key.isascii():
        return key
    if name.startswith("_"):
        return f"key{name}"
    return f"key_{name}" if name[:1].isdigit() else name


def labels_from_attributes(attributes: Iterable[tuple[str, str]], prefix: str = "") -> dict[str, str]:
    """Return attributes as labels. Values of keys that become one label are joined in the order of the keys."""
    values_by_label: dict[str, list[str]] = {}
    for key, value in sorted(attributes):
        values_by_label.setdefault(label_name(prefix + key), []).append(value)
    return {name: text for name, values in values_by_label.items() if (text := ";".join(values))}
