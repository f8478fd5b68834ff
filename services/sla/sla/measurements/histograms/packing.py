"""Observations packed by the hour: the same minutes make the same bytes, whatever they were computed from."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from struct import Struct
from typing import NamedTuple

import cramjam
import numpy as np

from sla.measurements.histograms.bucket_layout import BucketLayout, decode_group_keys, encode_group_keys
from sla.measurements.histograms.columns import layouts_from_bytes, layouts_to_bytes
from sla.measurements.histograms.observations import (
    Amounts,
    Bitmaps,
    BucketColumns,
    Observations,
    ObservedBuckets,
    to_bitmaps,
    to_bits,
)
from sla.measurements.samples import Ints, Mask

_FORMAT_VERSION = 2
_COMPRESSION_LEVEL = 1
_HEADER = Struct("<qQ5q")
"""Version; known minutes; count and bytes of the layouts; count of buckets and of amounts; bytes per amount."""


def pack_observations(is_known: Mask, layouts: Sequence[BucketLayout], columns: BucketColumns) -> bytes | None:
    """Pack 60 minutes; return None if all of them are unknown."""
    if not is_known.any():
        return None
    minute, layout, key, amount = columns
    used = sorted((layouts[place], place) for place in np.unique(layout).tolist())
    new_place = np.zeros(len(layouts), np.int64)
    new_place[[place for _, place in used]] = np.arange(len(used))
    buckets = ObservedBuckets.from_columns((minute, new_place[layout], key, amount))
    packed_layouts = layouts_to_bytes([used_layout for used_layout, _ in used])
    sizes = (len(used), len(packed_layouts), len(buckets.hour), len(buckets.amount), buckets.amount.itemsize)
    header = _HEADER.pack(_FORMAT_VERSION, int(to_bitmaps(is_known)[0]), *sizes)
    packed_columns = (encode_group_keys(buckets.layout, buckets.key), buckets.minutes, buckets.amount)
    data = header + packed_layouts + b"".join(column.tobytes() for column in packed_columns)
    return bytes(cramjam.zstd.compress(data, _COMPRESSION_LEVEL))


def unpack_observations(start: datetime, count: int, offsets: Ints, packed: bytes) -> Observations:
    """Unpack `count` minutes from `start` out of packed hours joined, of which the first and last may overhang.

    `offsets` are the minutes from the start to each of the hours, ascending.
    """
    lead = start.astimezone(UTC).minute
    number, hours = (offsets + lead) // 60, list(_unpack_hours(packed))
    known_minutes = np.zeros(-(-(lead + count) // 60), np.uint64)
    known_minutes[number] = [hour.known_minutes for hour in hours]
    layouts = tuple(sorted({layout for hour in hours for layout in hour.layouts}))
    buckets = _join_hours(number, hours, {layout: place for place, layout in enumerate(layouts)})
    minutes = to_bits(known_minutes)[:, :60].ravel()[lead : lead + count]
    return Observations(start, minutes, layouts, buckets).slice(0, count)


class _Hour(NamedTuple):
    known_minutes: int
    layouts: tuple[BucketLayout, ...]
    group_keys: Ints
    minutes: Bitmaps
    amount: Amounts


def _unpack_hours(packed: bytes) -> Iterator[_Hour]:
    """Unpack joined hours. All frames are decompressed at once: one by one it takes three times as long."""
    data = bytes(cramjam.zstd.decompress(packed)) if packed else b""
    layouts_by_bytes: dict[bytes, tuple[BucketLayout, ...]] = {}
    offset = 0
    while offset < len(data):
        version, known_minutes, layout_count, layout_bytes, rows, amounts, width = _HEADER.unpack_from(data, offset)
        if version != _FORMAT_VERSION:
            raise ValueError(f"observations are packed in format {version}, which this version cannot read")
        first = offset + _HEADER.size + layout_bytes
        packed_layouts = data[first - layout_bytes : first]
        if packed_layouts not in layouts_by_bytes:
            layouts_by_bytes[packed_layouts], _ = layouts_from_bytes(packed_layouts, layout_count, 0)
        second, third = first + 8 * rows, first + 16 * rows
        yield _Hour(
            known_minutes,
            layouts_by_bytes[packed_layouts],
            np.frombuffer(data, np.int64, rows, first),
            np.frombuffer(data, np.uint64, rows, second),
            np.frombuffer(data, f"<i{width}", amounts, third),
        )
        offset = third + width * amounts


def _join_hours(number: Ints, hours: Sequence[_Hour], places: Mapping[BucketLayout, int]) -> ObservedBuckets:
    """Join the buckets of hours. They stay in order, because the layouts of each hour are ordered as all are."""
    if not hours:
        return ObservedBuckets.empty()
    place = np.array([places[layout] for hour in hours for layout in hour.layouts], np.int32)
    sizes = np.array([(len(hour.layouts), len(hour.group_keys)) for hour in hours], np.int64)
    layouts_before = np.cumsum(sizes[:, 0]) - sizes[:, 0]
    layout, key = decode_group_keys(np.concatenate([hour.group_keys for hour in hours]))
    return ObservedBuckets(
        np.repeat(number, sizes[:, 1]).astype(np.int32),
        place[np.repeat(layouts_before, sizes[:, 1]) + layout],
        key.astype(np.int32),
        np.concatenate([hour.minutes for hour in hours]),
        np.concatenate([hour.amount for hour in hours]),
    )
