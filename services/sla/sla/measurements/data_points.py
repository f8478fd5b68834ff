"""Data points: samples and histograms together, as one push or one hour of an indicator holds them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self, TypeVar

import cramjam
import numpy as np

from sla.measurements.histograms.columns import (
    HistogramColumns,
    concat_histograms,
    empty_histograms,
    histograms_from_bytes,
    histograms_to_bytes,
    to_histogram_set,
)
from sla.measurements.samples import Ints, Samples, concat_samples, pack_samples, to_sample_set, unpack_samples

_WITH_HISTOGRAMS = 2
"""The format version; data points without histograms are packed as their samples are, in version 1."""


C = TypeVar("C", Samples, HistogramColumns)


@dataclass(frozen=True, slots=True)
class DataPoints:
    """Samples and histograms of any number of series."""

    samples: Samples
    histograms: HistogramColumns

    def __len__(self) -> int:
        return len(self.samples) + len(self.histograms)

    @property
    def at(self) -> Ints:
        return np.concatenate((self.samples.at, self.histograms.at))

    @property
    def entry_count(self) -> int:
        """The number of samples, histograms and their buckets: how much there is to store and to compute."""
        return len(self) + len(self.histograms.key)

    @property
    def entry_times(self) -> Ints:
        """The time of each sample, and of each histogram once for itself and once for each of its buckets."""
        histograms = self.histograms
        return np.concatenate((self.samples.at, np.repeat(histograms.at, histograms.bucket_count + 1)))

    def between(self, start: int, end: int) -> Self:
        """Return the data points of a half-open window (ms)."""
        masks = [(columns.at >= start) & (columns.at < end) for columns in (self.samples, self.histograms)]
        return type(self)(self.samples.pick(masks[0]), self.histograms.pick(masks[1]))

    def split(self, bounds: Sequence[int]) -> list[Self]:
        """Split the data points at ascending times (ms): before the first, between the first two, and so on."""
        columns = (_split(self.samples, bounds), _split(self.histograms, bounds))
        return [type(self)(samples, histograms) for samples, histograms in zip(*columns, strict=True)]

    def for_series(self, series: Collection[int]) -> Self:
        ids = np.array(sorted(series), np.int64)
        masks = [np.isin(columns.series, ids) for columns in (self.samples, self.histograms)]
        return type(self)(self.samples.pick(masks[0]), self.histograms.pick(masks[1]))

    def pack(self) -> bytes:
        """Return the data points as a row of the push log holds them."""
        packed_samples = pack_samples(self.samples)
        if not len(self.histograms):
            return packed_samples
        histograms = bytes(cramjam.lz4.compress_block(histograms_to_bytes(self.histograms)))
        return b"".join(
            (bytes([_WITH_HISTOGRAMS]), len(packed_samples).to_bytes(8, "little"), packed_samples, histograms)
        )

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """Undo `pack`. Raise ValueError if the bytes are damaged or of another format."""
        if packed[:1] != bytes([_WITH_HISTOGRAMS]):
            return cls(unpack_samples(packed), empty_histograms())
        end = 9 + int.from_bytes(packed[1:9], "little")
        try:
            histograms = histograms_from_bytes(bytes(cramjam.lz4.decompress_block(packed[end:])))
        except cramjam.DecompressionError as error:
            raise ValueError("damaged") from error
        return cls(unpack_samples(packed[9:end]), histograms)


def _split(columns: C, bounds: Sequence[int]) -> list[C]:
    if not len(columns):
        return [columns] * (len(bounds) + 1)
    piece = np.searchsorted(np.array(bounds, np.int64), columns.at, side="right")
    order = np.argsort(piece, kind="stable")
    ends = np.searchsorted(piece[order], np.arange(len(bounds) + 2))
    return [columns.pick(order[first:last]) for first, last in pairwise(ends.tolist())]


def merge_data_points(parts: Sequence[DataPoints]) -> DataPoints:
    """Merge data points into a set: sorted, each of them once."""
    return DataPoints(
        to_sample_set(concat_samples([part.samples for part in parts])),
        to_histogram_set(concat_histograms([part.histograms for part in parts])),
    )
