"""The kinds of OpenSLO v1 as pydantic models of the fields that are read. What they mean is for the readers to say."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Json, PrivateAttr, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from common.names import clean_name
from common.views import LONGEST_NAME, check_storable
from sla.openslo.annotations import INDICATOR_KEY, OBJECTIVE_KEY, SPEC_HASH_KEY, TERMS_KEY, hash_spec

API_VERSION = "openslo/v1"

Text = Annotated[str, StringConstraints(max_length=1050), AfterValidator(check_storable)]
Name = Annotated[Text, StringConstraints(min_length=1, max_length=255)]


class Element(BaseModel):
    """A mapping in a document. Values stay as they were written, so that the hash of a spec stays the same."""

    model_config = ConfigDict(strict=True, extra="allow", alias_generator=to_camel)

    _path: str = PrivateAttr("")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, fields: Any) -> Any:
        if not isinstance(fields, dict):
            return fields
        return {key: value for key, value in fields.items() if value is not None}

    def locate(self, path: str) -> Iterator[str]:
        """Note where in the bundle everything here stands, and list the paths of fields that are not read."""
        self._path = path
        yield from (self.at(name) for name in self.model_extra or ())
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            children = enumerate(value) if isinstance(value, list) else [("", value)]
            for place, child in children:
                if isinstance(child, Element):
                    yield from child.locate(self.at(f"{field.alias}.{place}".rstrip(".")))

    def at(self, field: str) -> str:
        """Return the path of a field."""
        return f"{self._path}.{field}" if field else self._path


class Annotations(Element):
    terms: Json[dict[str, Any]] = Field(default_factory=dict, alias=TERMS_KEY)
    indicator: Json[dict[str, Any]] = Field(default_factory=dict, alias=INDICATOR_KEY)
    objective: Json[dict[str, Any]] = Field(default_factory=dict, alias=OBJECTIVE_KEY)
    spec_sha256: str = Field("", alias=SPEC_HASH_KEY)


class Metadata(Element):
    name: Name
    display_name: Text = ""
    annotations: Annotations = Annotations()

    @property
    def title(self) -> str:
        return clean_name(self.display_name or self.name, LONGEST_NAME)


class NamedSpec(Element):
    metadata: Metadata
    spec: Any = None

    @cached_property
    def is_as_exported(self) -> bool:
        """Return whether it was exported, and nobody edited the spec since."""
        spec = self.spec.model_dump(by_alias=True, exclude_unset=True) if isinstance(self.spec, Element) else self.spec
        return self.metadata.annotations.spec_sha256 == hash_spec(spec)


class SliMetricSource(Element):
    metric_source_ref: Text = ""
    type: Text = ""
    spec: dict[str, Any] = {}


class SliMetric(Element):
    metric_source: SliMetricSource


class SliRatioMetric(Element):
    counter: bool | None = None
    good: SliMetric | None = None
    bad: SliMetric | None = None
    total: SliMetric | None = None


class SliSpec(Element):
    description: Text = ""
    threshold_metric: SliMetric | None = None
    ratio_metric: SliRatioMetric | None = None


class NamedSli(NamedSpec):
    spec: SliSpec


class SliUser(Element):
    """An SLO, or one of its objectives: either may refer to an SLI."""

    indicator: NamedSli | None = None
    indicator_ref: Name | None = None


class SloCalendar(Element):
    start_time: Text
    time_zone: Text


class SloTimeWindow(Element):
    duration: Text
    is_rolling: bool = False
    calendar: SloCalendar | None = None


class SloObjective(SliUser):
    display_name: Text = ""
    op: Literal["lt", "lte", "gt", "gte"] | None = None
    value: Decimal | None = None
    target: Decimal | None = None
    target_percent: Decimal | None = None
    time_slice_target: Decimal | None = None
    time_slice_window: Any = None
    """Minutes, or a duration."""
    composite_weight: Decimal | None = None


class SloSpec(SliUser):
    service: Name
    time_window: Annotated[list[SloTimeWindow], Field(max_length=1)] = []
    budgeting_method: Literal["Occurrences", "Timeslices", "RatioTimeslices"]
    objectives: Annotated[list[SloObjective], Field(min_length=1)]


class Document(NamedSpec):
    api_version: Literal["openslo/v1"]
    kind: Literal["SLO", "SLI", "Service", "DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"]


class Slo(Document):
    spec: SloSpec


class Sli(Document, NamedSli):
    spec: SliSpec


class Service(Document):
    pass


class DataSource(Document):
    spec: dict[str, Any]


MODELS: dict[str, type[Document]] = {"SLO": Slo, "SLI": Sli, "Service": Service, "DataSource": DataSource}
"""The models of the kinds that are imported."""
