"""OTLP as JSON: parsed into the same messages as the binary form, so that both mean the same."""

# As OTLP specifies: lowerCamelCase, enumerations as integers, 64-bit integers as text or number, ids in hexadecimal,
# unknown fields ignored. The JSON of protobuf itself differs in the last three, and is far slower.

import re
from base64 import b64decode
from collections.abc import Callable
from functools import cache
from typing import Any

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

_IDS = frozenset({"trace_id", "span_id", "parent_span_id"})
_INTEGERS = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT32,
        FieldDescriptor.CPPTYPE_UINT64,
        FieldDescriptor.CPPTYPE_ENUM,
    }
)
_LONGEST_NUMBER = 400
_NUMBER = re.compile(r"NaN|-?Infinity|-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)

FieldReader = Callable[[Message, Any], None]


class JsonFieldError(Exception):
    """A field holds an invalid value; its `path` grows while the error rises."""

    def __init__(self, why: str, path: str = "") -> None:
        super().__init__(why)
        self.reason = why
        self.path = path

    @property
    def field(self) -> str | None:
        return self.path.removeprefix(".") or None

    def within(self, place: str) -> "JsonFieldError":
        return JsonFieldError(self.reason, place + self.path)


def parse_otlp_json(body: bytes, message: Message) -> None:
    """Fill the message from a body. Raise JsonFieldError."""
    try:
        _fill(message, orjson.loads(body))
    except orjson.JSONDecodeError:
        raise JsonFieldError("The body is not JSON in UTF-8.") from None
    except RecursionError:
        raise JsonFieldError("The body is nested too deeply.") from None


def _fill(message: Message, document: Any) -> None:
    if not isinstance(document, dict):
        raise JsonFieldError("must be an object")
    readers = _readers(message.DESCRIPTOR)
    for name, value in document.items():
        reader = readers.get(name)
        if reader is not None and value is not None:
            try:
                reader(message, value)
            except JsonFieldError as error:
                raise error.within(f".{name}") from None


@cache
def _readers(descriptor: Descriptor) -> dict[str, FieldReader]:
    return {field.json_name: _reader(field) for field in descriptor.fields}


def _reader(field: FieldDescriptor) -> FieldReader:
    is_message = field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE
    if field.is_repeated:
        return _messages_reader(field.name) if is_message else _scalars_reader(field.name, _scalar(field))
    return _message_reader(field.name) if is_message else _scalar_reader(field.name, _scalar(field))


def _message_reader(name: str) -> FieldReader:
    def read(message: Message, value: Any) -> None:
        inner = getattr(message, name)
        inner.SetInParent()
        _fill(inner, value)

    return read


def _messages_reader(name: str) -> FieldReader:
    def read(message: Message, value: Any) -> None:
        inner = getattr(message, name)
        for place, item in enumerate(_list(value)):
            try:
                _fill(inner.add(), item)
            except JsonFieldError as error:
                raise error.within(f"[{place}]") from None

    return read


def _scalar_reader(name: str, convert: Callable[[Any], Any]) -> FieldReader:
    def read(message: Message, value: Any) -> None:
        try:
            setattr(message, name, convert(value))
        except (TypeError, ValueError, OverflowError):
            raise JsonFieldError("is not of the type of the field, or outside its range") from None

    return read


def _scalars_reader(name: str, convert: Callable[[Any], Any]) -> FieldReader:
    def read(message: Message, value: Any) -> None:
        try:
            getattr(message, name).extend([convert(item) for item in _list(value)])
        except (TypeError, ValueError, OverflowError):
            raise JsonFieldError("one entry is not of the type of the field, or outside its range") from None

    return read


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise JsonFieldError("must be a list")
    return value


def _scalar(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.cpp_type in _INTEGERS:
        return _integer
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return _number
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes.fromhex if field.name in _IDS else _bytes
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return _boolean
    return _unchanged


def _integer(value: Any) -> int:
    if isinstance(value, str) and len(value) < _LONGEST_NUMBER and value.lstrip("-").isdecimal() and value.isascii():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _number(value: Any) -> float:
    """Convert a number; `NaN` and `Infinity` are texts, as JSON has no numbers for them."""
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        raise TypeError
    return float(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _bytes(value: Any) -> bytes:
    return b64decode(value, validate=True)


def _unchanged(value: Any) -> Any:
    """Return a text as it is; the message itself refuses anything else."""
    return value
