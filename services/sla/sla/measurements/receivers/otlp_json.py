"""OTLP as JSON: checked by a schema of the binary messages, then read into them, so that both forms mean the same."""

# As OTLP specifies: lowerCamelCase, enumerations as integers, 64-bit integers as text or number, unknown fields
# ignored. Protobuf's own writer may give the names of the binary form and of enumerations: they are read as well, as by
# OpenTelemetry's collectors. The JSON reader of protobuf itself takes five times as long.

from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from pydantic_core import CoreConfig, SchemaValidator, ValidationError, core_schema

from common.http.body_limits import check_json_size
from common.http.validation_messages import first_validation_error
from sla.measurements.receivers.errors import MetricsUnreadable

_IGNORED = frozenset({"exemplars"})
"""Fields that are neither read nor checked, as nothing uses them."""
_NUMBER = core_schema.union_schema(
    [
        core_schema.int_schema(strict=True),
        core_schema.float_schema(strict=True),
        core_schema.str_schema(
            strict=True, pattern=r"^(NaN|-?Infinity|-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?)$", max_length=400
        ),
    ],
    custom_error_type="number",
    custom_error_message="must be a number, or the text of one",
)


def _integer_schema(lowest: int, limit: int) -> core_schema.CoreSchema:
    return core_schema.chain_schema([_NUMBER, core_schema.int_schema(ge=lowest, lt=limit)])


def _enumeration_schema(enumeration: EnumDescriptor) -> core_schema.CoreSchema:
    numbers = {value.name: value.number for value in enumeration.values}

    def to_number(value: Any) -> Any:
        return numbers.get(value, value) if isinstance(value, str) else value

    return core_schema.no_info_before_validator_function(to_number, _integer_schema(-(2**31), 2**31))


_SCALARS: dict[int, core_schema.CoreSchema] = {
    FieldDescriptor.CPPTYPE_BOOL: core_schema.bool_schema(strict=True),
    FieldDescriptor.CPPTYPE_DOUBLE: core_schema.chain_schema([_NUMBER, core_schema.float_schema()]),
    FieldDescriptor.CPPTYPE_INT32: _integer_schema(-(2**31), 2**31),
    FieldDescriptor.CPPTYPE_INT64: _integer_schema(-(2**63), 2**63),
    FieldDescriptor.CPPTYPE_STRING: core_schema.str_schema(strict=True),
    FieldDescriptor.CPPTYPE_UINT32: _integer_schema(0, 2**32),
    FieldDescriptor.CPPTYPE_UINT64: _integer_schema(0, 2**64),
}


def parse_otlp_json(body: bytes) -> ExportMetricsServiceRequest:
    """Parse a body. Raise MetricsUnreadable, naming the field, or TooLarge."""
    check_json_size(body)
    try:
        return ExportMetricsServiceRequest(**_validator().validate_json(body))
    except ValidationError as error:
        field, reason = first_validation_error(error)
        raise MetricsUnreadable(f"{field}: {reason}", field=field) from None


@cache
def _validator() -> SchemaValidator:
    root = ExportMetricsServiceRequest.DESCRIPTOR
    messages = [_message_schema(message) for message in _messages(root, set())]
    definitions = core_schema.definitions_schema(core_schema.definition_reference_schema(root.full_name), messages)
    return SchemaValidator(definitions)


def _messages(message: Descriptor, seen: set[Descriptor]) -> Iterator[Descriptor]:
    """Yield the message and those that it is made of."""
    seen.add(message)
    yield message
    for field in message.fields:
        if field.message_type and field.message_type not in seen:
            yield from _messages(field.message_type, seen)


def _message_schema(message: Descriptor) -> core_schema.CoreSchema:
    """Return the schema of a message, whose result has the names of the binary form."""
    fields = {}
    for field in message.fields:
        if field.name not in _IGNORED:
            names: list[list[str | int]] = [[field.json_name], [field.name]]
            schema = core_schema.nullable_schema(_field_schema(field))
            fields[field.name] = core_schema.typed_dict_field(schema, validation_alias=names, required=False)
    return core_schema.typed_dict_schema(fields, ref=message.full_name, config=CoreConfig(val_json_bytes="base64"))


def _field_schema(field: FieldDescriptor) -> core_schema.CoreSchema:
    if field.message_type:
        schema: core_schema.CoreSchema = core_schema.definition_reference_schema(field.message_type.full_name)
    elif field.enum_type:
        schema = _enumeration_schema(field.enum_type)
    else:
        is_bytes = field.type == FieldDescriptor.TYPE_BYTES
        schema = core_schema.bytes_schema() if is_bytes else _SCALARS[field.cpp_type]
    return core_schema.list_schema(schema, strict=True) if field.is_repeated else schema
