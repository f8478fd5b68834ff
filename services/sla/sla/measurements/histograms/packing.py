"""Observations packed by the hour: the same minutes make the same bytes, whatever they were computed from."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from struct import Struct
from typing import NamedTuple

import cramjam
import numpy as np

from sla.measurements.histograms.bucket_layout import BucketLayout
from sla.measurements.histograms.columns import layouts_from_bytes, layouts_to_bytes
from sla.measurements.histograms.observations import (
    Amounts,
    Bitmaps,
    BucketColumns,
    Mask,
    Observations,
    ObservedBuckets,
    decode_buckets,
    encode_buckets,
    to_bitmaps,
    to_bits,
)
from sla.measurements.samples import Ints

_FORMAT_VERSION = 2
_COMPRESSION_LEVEL = 1
_HEAD = Struct("<qQ5q")
"""Version; known minutes; number and bytes of the layouts; how many buckets and amounts; bytes per amount."""


def pack_observations(known: Mask, layouts: Sequence[BucketLayout], columns: BucketColumns) -> bytes | None:
    """60 minutes. None if nothing is known of them."""
    if not known.any():
        return None
    minute, layout, key, amount = columns
    used = sorted((layouts[place], place) for place in np.unique(layout).tolist())
    names = np.zeros(len(layouts), np.int64)
    names[[place for _, place in used]] = np.arange(len(used))
    held = ObservedBuckets.from_columns((minute, names[layout], key, amount))
    layouts_ = layouts_to_bytes([one for one, _ in used])
    sizes = (len(used), len(layouts_), len(held.hour), len(held.amount), held.amount.itemsize)
    head = _HEAD.pack(_FORMAT_VERSION, int(to_bitmaps(known)[0]), *sizes)
    columns_ = (encode_buckets(held.layout, held.key), held.minutes, held.amount)
    data = head + layouts_ + b"".join(column.tobytes() for column in columns_)
    return bytes(cramjam.zstd.compress(data, _COMPRESSION_LEVEL))


def unpack_observations(start: datetime, count: int, offsets: Ints, packed: bytes) -> Observations:
    """`count` minutes from `start`, of packed hours one after the other, of which the first and last may overhang.

    `offsets` are the minutes from the start to each of the hours, ascending.
    """
    lead = start.astimezone(UTC).minute
    number, hours = (offsets + lead) // 60, list(_hours(packed))
    known = np.zeros(-(-(lead + count) // 60), np.uint64)
    known[number] = [hour.known for hour in hours]
    layouts = tuple(sorted({layout for hour in hours for layout in hour.layouts}))
    held = _joined(number, hours, {layout: place for place, layout in enumerate(layouts)})
    minutes = to_bits(known)[:, :60].ravel()[lead : lead + count]
    return Observations(start, minutes, layouts, held).slice(0, count)


class _Hour(NamedTuple):
    known: int
    layouts: tuple[BucketLayout, ...]
    bucket: Ints
    minutes: Bitmaps
    amount: Amounts


def _hours(packed: bytes) -> Iterator[_Hour]:
    """Frames are decompressed at once: one by one it takes three times as long."""
    data = bytes(cramjam.zstd.decompress(packed)) if packed else b""
    known_layouts: dict[bytes, tuple[BucketLayout, ...]] = {}
    at = 0
    while at < len(data):
        version, known, layout_count, layout_bytes, rows, amounts, width = _HEAD.unpack_from(data, at)
        if version != _FORMAT_VERSION:
            raise ValueError("packed in a form unknown here")
        first = at + _HEAD.size + layout_bytes
        raw = data[first - layout_bytes : first]
        if raw not in known_layouts:
            known_layouts[raw], _ = layouts_from_bytes(raw, layout_count, 0)
        second, third = first + 8 * rows, first + 16 * rows
        bucket, minutes = np.frombuffer(data, np.int64, rows, first), np.frombuffer(data, np.uint64, rows, second)
        yield _Hour(known, known_layouts[raw], bucket, minutes, np.frombuffer(data, f"<i{width}", amounts, third))
        at = third + width * amounts


def _joined(number: Ints, hours: Sequence[_Hour], places: Mapping[BucketLayout, int]) -> ObservedBuckets:
    """The layouts of an hour are in order, as all are: so the buckets stay in theirs."""
    if not hours:
        return ObservedBuckets.empty()
    names = np.array([places[layout] for hour in hours for layout in hour.layouts], np.int32)
    sizes = np.array([(len(hour.layouts), len(hour.bucket)) for hour in hours], np.int64)
    before = np.cumsum(sizes[:, 0]) - sizes[:, 0]
    layout, key = decode_buckets(np.concatenate([hour.bucket for hour in hours]))
    return ObservedBuckets(
        np.repeat(number, sizes[:, 1]).astype(np.int32),
        names[np.repeat(before, sizes[:, 1]) + layout],
        key,
        np.concatenate([hour.minutes for hour in hours]),
        np.concatenate([hour.amount for hour in hours]),
    )
