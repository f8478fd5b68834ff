"""Counts what a body consists of before it is parsed: a few bytes may be an object of a hundred."""

from collections.abc import Mapping
from functools import cache

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError

from common.errors import TooLarge

MAX_MESSAGES = 1_000_000
"""Messages within a protobuf message, on all levels together."""
MAX_FIELDS = 6_000_000
"""Fields within a protobuf message, on all levels together: each takes a moment to be counted."""

_SMALLEST_MESSAGE = 2
"""Bytes."""
_MAX_DEPTH = 100
_LONGEST_VARINT = 10
"""Bytes: 64 bits, seven in each."""
_VARINT, _FIXED_64, _LENGTH, _GROUP_START, _GROUP_END, _FIXED_32 = range(6)
_FIXED_SIZES = {_FIXED_64: 8, _FIXED_32: 4, _GROUP_START: 0, _GROUP_END: 0}

MessageFields = Mapping[int, "MessageFields"]
"""The fields of a message that hold messages, with the fields of those."""


@cache
def message_fields(message: Descriptor) -> MessageFields:
    """Return the fields of a message type, which may contain itself."""
    return _message_fields(message, {})


def _message_fields(message: Descriptor, fields_by_name: dict[str, dict[int, MessageFields]]) -> MessageFields:
    if message.full_name not in fields_by_name:
        fields = fields_by_name[message.full_name] = {}
        for field in message.fields:
            if field.message_type:
                fields[field.number] = _message_fields(field.message_type, fields_by_name)
    return fields_by_name[message.full_name]


def check_message_count(raw: bytes, fields: MessageFields) -> None:
    """Raise TooLarge if a message holds too many messages or fields, DecodeError if it cannot be read."""
    if len(raw) <= MAX_MESSAGES * _SMALLEST_MESSAGE:
        return
    try:
        _count_down(raw, (0, len(raw)), fields, (MAX_MESSAGES, MAX_FIELDS), _MAX_DEPTH)
    except IndexError:
        raise DecodeError("ends too early") from None


def _count_down(
    raw: bytes, span: tuple[int, int], fields: MessageFields, remaining: tuple[int, int], depth: int
) -> tuple[int, int]:
    """Return how many messages, and how many fields, may still follow those within a span of bytes."""
    position, end = span
    messages_left, fields_left = remaining
    if not depth:
        raise DecodeError("nested too deeply")
    while position < end:
        fields_left = _count_one(fields_left, MAX_FIELDS)
        tag, position = _read_varint(raw, position)
        if tag & 7 == _LENGTH:
            length, position = _read_varint(raw, position)
            nested = fields.get(tag >> 3)
            if nested is not None:
                messages_left = _count_one(messages_left, MAX_MESSAGES)
                if nested and position + length <= end:
                    part, remaining = (position, position + length), (messages_left, fields_left)
                    messages_left, fields_left = _count_down(raw, part, nested, remaining, depth - 1)
            position += length
        else:
            position = _skip(raw, position, tag)
    if position != end:
        raise DecodeError("a field is longer than its message")
    return messages_left, fields_left


def _count_one(remaining: int, most: int) -> int:
    if not remaining:
        raise TooLarge(f"A request has at most {most} parts: send smaller batches.")
    return remaining - 1


def _skip(raw: bytes, position: int, tag: int) -> int:
    """Return the end of a value that is no message."""
    if tag & 7 == _VARINT and tag >> 3:
        return _read_varint(raw, position)[1]
    if tag & 7 not in _FIXED_SIZES or not tag >> 3:
        raise DecodeError("an unknown kind of field")
    return position + _FIXED_SIZES[tag & 7]


def _read_varint(raw: bytes, position: int) -> tuple[int, int]:
    byte = raw[position]
    number, shift, position = byte & 0x7F, 7, position + 1
    while byte > 0x7F:  # noqa: PLR2004
        if shift >= 7 * _LONGEST_VARINT:
            raise DecodeError("a number is longer than 64 bits")
        byte = raw[position]
        number |= (byte & 0x7F) << shift
        shift, position = shift + 7, position + 1
    return number, position
