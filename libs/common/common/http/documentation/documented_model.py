"""The base of what requests and answers are made of, which says in its JSON Schema what clients have to know."""

from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic_core import CoreSchema

DECIMAL_TEXT = {"type": "string", "format": "decimal"}
_ANY_TEXT = {"type": "string"}
_PARTS = frozenset({"anyOf", "items", "additionalProperties", "prefixItems"})
"""Where a schema holds others; names of properties are no decimals."""


class DocumentedModel(BaseModel):
    """Documents that answers have all fields, and decimals by their name: text in answers, also numbers in requests."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        reference = handler(core_schema)
        schema = handler.resolve_ref_schema(reference)
        properties = schema.get("properties", {})
        for name, field in cls.model_fields.items():
            name_in_json = name if name in properties else field.alias
            if name_in_json in properties and _holds_decimal(field.annotation):
                properties[name_in_json] = _name_decimals(properties[name_in_json])
        if handler.mode == "serialization" and properties:
            optional = {name for name, field in cls.model_fields.items() if field.exclude_if is not None}
            schema["required"] = [name for name in properties if name not in optional]
        return reference


def _holds_decimal(annotation: Any) -> bool:
    """Tell whether a field's type is a decimal, or made of some."""
    return annotation is Decimal or any(map(_holds_decimal, get_args(annotation)))


def _name_decimals(schema: Any) -> Any:
    """Give the texts in the schema of a field that holds decimals their format."""
    if isinstance(schema, list):
        return [_name_decimals(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    is_text = _ANY_TEXT.items() <= schema.items() and "format" not in schema
    parts = {key: _name_decimals(value) if key in _PARTS else value for key, value in schema.items()}
    return DECIMAL_TEXT | parts if is_text else parts
