"""Pydantic's JSON schema of a model, with what a form needs besides: words for names, computed defaults, time zones."""

import re
from collections.abc import Sequence
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import PydanticSerializationError, core_schema


def form_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of what `model` reads; a part that has none stands in it as `{"not": why}`."""
    return model.model_json_schema(schema_generator=_FormSchema)


def sentence(name: str) -> str:
    """Return the name of a field or class in words: `out_of_date` and `OutOfDate` become "Out of date"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").split()
    text = " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words)
    return text[:1].upper() + text[1:]


class _FormSchema(GenerateJsonSchema):
    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """Say nothing: a default that is no JSON is not shown, and a field left blank takes it all the same."""

    def get_title_from_name(self, name: str) -> str:
        return sentence(name)

    def model_fields_schema(self, schema: core_schema.ModelFieldsSchema) -> JsonSchemaValue:
        """Refuse a field that is written under another name than it is read: what was entered would not be found."""
        result = super().model_fields_schema(schema)
        for name, field in schema["fields"].items():
            read, written = field.get("validation_alias", name), field.get("serialization_alias", name)
            if read != written and not field.get("serialization_exclude"):
                why = f"a field that is written as {written!r} and read under another name: give it one alias for both"
                result["properties"][read if isinstance(read, str) else name] = {"not": why}
        return result

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        result = super().default_schema(schema)
        factory = schema.get("default_factory")
        if factory is not None and not schema.get("default_factory_takes_data") and "default" not in result:
            try:
                result = {**result, "default": self.encode_default(factory())}  # pyright: ignore[reportCallIssue]
            except PydanticSerializationError:
                return result
        return result

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        return super().enum_schema(schema) | {"labels": _labels(schema["members"])}

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        return super().literal_schema(schema) | {"labels": _labels(schema["expected"])}

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        number, _text = super().decimal_schema(schema)["anyOf"]
        return {**number, "exact": True}

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        zone = {"zone": True} if schema.get("tz_constraint") == "aware" else {}
        return super().datetime_schema(schema) | zone

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:  # noqa: ARG002
        return {"not": error_info}


def _labels(members: Sequence[object]) -> list[str | None]:
    return [_label(member) for member in members]


def _label(member: object) -> str | None:
    """Return the words of an Enum's member: its own `label`, or its name where the value has no words."""
    if not isinstance(member, Enum):
        return None
    label = getattr(member, "label", None)
    return label if isinstance(label, str) else None if isinstance(member.value, str) else sentence(member.name.lower())
