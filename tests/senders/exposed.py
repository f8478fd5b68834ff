"""A program that exposes a native histogram and a counter to be scraped, in the protobuf form of Prometheus."""

# io.prometheus.client.MetricFamily, written by hand: no library for Python has native histograms.

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.senders.serving import serving

TYPE = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
UTF_8 = "escaping=allow-utf-8"
UTF_8_NAME = "requests.handled"
COUNTER, HISTOGRAM = 0, 4


def varint(number: int) -> bytes:
    content = bytearray()
    while number > 0x7F:
        content.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*content, number])


def signed(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def varint_field(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def double(field: int, number: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", number)


def nested(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


@dataclass
class Exposed:
    """Of all observations one in four was up to 2, the rest up to 4."""

    address: str = ""
    count: int = 8

    def exposition(self) -> bytes:
        quick = self.count // 4
        span = nested(12, varint_field(1, signed(1)) + varint_field(2, 2))
        deltas = nested(13, varint(signed(quick)) + varint(signed(self.count - 2 * quick)))
        buckets = varint_field(5, signed(0)) + double(6, 1e-128) + span + deltas
        histogram = varint_field(1, self.count) + double(2, 3.0 * self.count) + buckets
        metrics = (
            ("request_seconds", HISTOGRAM, nested(7, histogram)),
            ("requests_total", COUNTER, nested(3, double(1, self.count))),
        )
        return b"".join(self._family(*metric) for metric in metrics)

    def _family(self, name: str, kind: int, content: bytes) -> bytes:
        family = nested(1, name.encode()) + nested(2, b"-") + varint_field(3, kind) + nested(4, content)
        return varint(len(family)) + family

    def answer(self, _path: str, _body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Answer in the form that is asked for."""
        accepted = next((value for name, value in headers.items() if name.lower() == "accept"), "")
        if "application/vnd.google.protobuf" in accepted:
            return httpx.Response(200, headers={"content-type": TYPE}, content=self.exposition())
        if UTF_8 in accepted:
            text = f'{{"{UTF_8_NAME}"}} {self.count}\nrequests_total {self.count}\n'
            return httpx.Response(200, headers={"content-type": f"text/plain; version=1.0.0; {UTF_8}"}, text=text)
        text = f"requests_total {self.count}\n"
        return httpx.Response(200, headers={"content-type": "text/plain; version=0.0.4"}, text=text)


@contextmanager
def exposed() -> Iterator[Exposed]:
    target = Exposed()
    with serving(target.answer) as address:
        target.address = address
        yield target
