"""Observations packed by the hour: the same minutes make the same bytes, whatever they were computed from."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from struct import Struct
from typing import NamedTuple

import cramjam
import numpy as np

from sla.measurements.histograms.bucket_layout import BucketLayout, merge_layouts
from sla.measurements.histograms.columns import layouts_from_bytes, layouts_to_bytes
from sla.measurements.histograms.observations import Bitmaps, Observations, to_bits
from sla.measurements.histograms.row_groups import decode_group_keys, encode_group_keys
from sla.measurements.samples import Counts, Ints

_FORMAT_VERSION = 2
_COMPRESSION_LEVEL = 1
_HEADER = Struct("<qQ5q")
"""Version; known minutes; count and bytes of the layouts; count of rows and of amounts; bytes per amount."""


def pack_observations(hour: Observations) -> bytes | None:
    """Pack the 60 minutes of an hour; return None if all of them are unknown."""
    if not hour.is_known.any():
        return None
    known_minutes = int.from_bytes(np.packbits(hour.is_known, bitorder="little").tobytes(), "little")
    layouts = layouts_to_bytes(hour.layouts)
    sizes = (len(hour.layouts), len(layouts), len(hour.key), len(hour.amount), hour.amount.itemsize)
    columns = (encode_group_keys(hour.layout, hour.key), hour.minutes, hour.amount)
    data = _HEADER.pack(_FORMAT_VERSION, known_minutes, *sizes) + layouts
    data += b"".join(column.tobytes() for column in columns)
    return bytes(cramjam.zstd.compress(data, _COMPRESSION_LEVEL))


def unpack_observations(start: datetime, count: int, offsets: Ints, packed: bytes) -> Observations:
    """Unpack `count` minutes from `start` out of packed hours joined, of which the first and last may overhang.

    `offsets` are the minutes from the start to each of the hours, ascending.
    """
    lead, hours = start.astimezone(UTC).minute, list(_unpack_hours(packed))
    number = (offsets + lead) // 60
    is_known = np.zeros((-(-(lead + count) // 60), 60), np.bool_)
    is_known[number] = to_bits(np.array([hour.known_minutes for hour in hours], np.uint64))[:, :60]
    layouts, layout = merge_layouts([(hour.layouts, hour.layout) for hour in hours])
    return Observations(
        start,
        is_known.ravel()[lead : lead + count],
        layouts,
        np.repeat(number, [len(hour.key) for hour in hours]),
        layout,
        np.concatenate([np.zeros(0, np.int64), *(hour.key for hour in hours)]),
        np.concatenate([np.zeros(0, np.uint64), *(hour.minutes for hour in hours)]),
        np.concatenate([np.zeros(0, np.int8), *(hour.amount for hour in hours)]),
    ).slice(0, count)


class _Hour(NamedTuple):
    known_minutes: int
    layouts: tuple[BucketLayout, ...]
    layout: Ints
    key: Ints
    minutes: Bitmaps
    amount: Counts


def _unpack_hours(packed: bytes) -> Iterator[_Hour]:
    """Unpack joined hours. All frames are decompressed at once: one by one it takes three times as long."""
    data = bytes(cramjam.zstd.decompress(packed)) if packed else b""
    read_layouts, offset = cache(layouts_from_bytes), 0  # most hours have the same layouts
    while offset < len(data):
        version, known_minutes, layout_count, layout_bytes, rows, amounts, width = _HEADER.unpack_from(data, offset)
        if version != _FORMAT_VERSION:
            raise ValueError(f"observations are packed in format {version}, which this version cannot read")
        first = offset + _HEADER.size + layout_bytes
        layouts, _ = read_layouts(data[first - layout_bytes : first], layout_count, 0)
        second, third = first + 8 * rows, first + 16 * rows
        yield _Hour(
            known_minutes,
            layouts,
            *decode_group_keys(np.frombuffer(data, np.int64, rows, first)),
            np.frombuffer(data, np.uint64, rows, second),
            np.frombuffer(data, f"<i{width}", amounts, third),
        )
        offset = third + width * amounts
