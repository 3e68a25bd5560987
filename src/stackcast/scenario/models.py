"""What a scenario file may say: validated models, and the JSON Schema made from them.

The models check names, types and ranges. What needs more than one field (which way a prior's shape is
given, correlations, the mechanisms' needs) is checked where it is used.
"""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

if TYPE_CHECKING:
    from stackcast.engine.sampling import Sampling

PERCENTILE = re.compile(r"p(\d{1,2})(?:_(\d{1,6}))?")
NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
QUARTER = r"^\d{4}Q[1-4]$"

_MODEL = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _whole(value: object) -> object:
    """Accept 1e6 where a whole number is asked."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2.0**63:
        return int(value)
    return value


def _date(value: object) -> object:
    """Accept a date in a string: a resolved scenario is JSON, which has no dates."""
    if isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            return value
    return value


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Whole = Annotated[int, BeforeValidator(_whole)]
Date = Annotated[datetime.date, BeforeValidator(_date)]
Name = Annotated[str, Field(pattern=NAME, max_length=80)]
MAX_TEXT = 2000
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Weights = Annotated[list[Annotated[float, Field(ge=0.0)]], Field(min_length=1, max_length=10_000)]
Positive = Annotated[float, Field(gt=0.0)]


class Horizon(BaseModel):
    """First and last quarter, both included."""

    model_config = _MODEL
    start: Annotated[str, Field(pattern=QUARTER)] = "2023Q1"
    end: Annotated[str, Field(pattern=QUARTER)] = "2035Q4"


class Run(BaseModel):
    """Defaults of a run; the command line overrides them."""

    model_config = _MODEL
    trajectories: Annotated[Whole, Field(ge=1, le=2**53)] = 1_000_000
    seed: Annotated[Whole, Field(ge=0, lt=2**63)] = 20230101
    sample: Annotated[Whole, Field(ge=0, le=2**53)] = 5000
    sampling: Literal["independent", "sobol", "lattice"] = "independent"
    randomisations: Literal[2, 4, 8, 16, 32, 64, 128, 256] = 16
    antithetic: bool = False

    @property
    def drawn(self) -> Sampling:
        """How trajectories are drawn."""
        from stackcast.engine.sampling import Sampling  # brings numba, which the schema can do without

        return Sampling(self.sampling, self.randomisations, self.antithetic)

    def written(self) -> dict[str, Any]:
        """As plain data; how trajectories are drawn only where they are not independent, the same scenario as ever."""
        plain = self.sampling == "independent" and not self.antithetic
        hidden = {"sampling", "randomisations", "antithetic"} if plain else set()
        return self.model_dump(exclude=hidden)


class Outputs(BaseModel):
    """What is reported beyond the yearly figures."""

    model_config = _MODEL
    quarterly: Annotated[list[Name], Field(max_length=200)] = []
    discount_rate: Annotated[float, Field(gt=-0.5, le=1.0)] = 0.10


class UserMechanism(BaseModel):
    """A mechanism of the user's own, in a Python file."""

    model_config = _MODEL
    file: Text
    after: Name | None = None


class Mechanisms(BaseModel):
    """Which mechanisms run, and in what order: a name set to false is off, a table is a user's own."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, bool | UserMechanism]
    order: Annotated[list[Name], Field(max_length=200)] | None = None


class EventSetting(BaseModel):
    """An event that cannot happen before ``from``, or that happens ``at`` a quarter."""

    model_config = ConfigDict(**_MODEL, populate_by_name=True)
    earliest: Annotated[str, Field(pattern=QUARTER)] | None = Field(default=None, alias="from")
    at: Annotated[str, Field(pattern=QUARTER)] | None = None


class Shape(BaseModel):
    """What all families share: bounds of a truncation."""

    model_config = _MODEL
    low: float | None = None
    high: float | None = None

    own: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The sets of the family's own parameters; one of them describes the shape."""


class Fitted(Shape):
    """A family that can be given by quantiles."""

    percentiles: dict[str, float] = {}
    interval: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    level: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    quantiles: (
        Annotated[list[Annotated[list[float], Field(min_length=2, max_length=2)]], Field(min_length=2, max_length=99)]
        | None
    ) = None

    @model_validator(mode="before")
    @classmethod
    def _gather_percentiles(cls, data: Any) -> Any:
        """Move p5, p97_5 ... into one field."""
        if not isinstance(data, dict) or "percentiles" in data:
            return data
        found = {key: value for key, value in data.items() if isinstance(key, str) and PERCENTILE.fullmatch(key)}
        return {**{k: v for k, v in data.items() if k not in found}, "percentiles": found} if found else data


class LogNormalShape(Fitted):
    """Normal in the logarithm of the number given."""

    dist: Literal["lognormal"]
    mu: float | None = None
    sigma: Positive | None = None
    median: Positive | None = None
    own: ClassVar = (("mu", "sigma"), ("median", "sigma"))


class NormalShape(Fitted):
    """Normal distribution."""

    dist: Literal["normal"]
    mean: float | None = None
    sd: Positive | None = None
    own: ClassVar = (("mean", "sd"),)


class UniformShape(Fitted):
    """Evenly between min and max."""

    dist: Literal["uniform"]
    min: float | None = None
    max: float | None = None
    own: ClassVar = (("min", "max"),)


class TriangularShape(Fitted):
    """Density rising from min to mode, falling to max."""

    dist: Literal["triangular"]
    min: float | None = None
    mode: float | None = None
    max: float | None = None
    own: ClassVar = (("min", "mode", "max"),)


class PertShape(Fitted):
    """Beta with this mode and mean (min + shape mode + max) / (shape + 2)."""

    dist: Literal["pert"]
    min: float | None = None
    mode: float | None = None
    max: float | None = None
    shape: Positive = 4.0
    own: ClassVar = (("min", "mode", "max"),)


class BetaShape(Fitted):
    """Beta on min .. max."""

    dist: Literal["beta"]
    alpha: Positive | None = None
    beta: Positive | None = None
    min: float = 0.0
    max: float = 1.0
    own: ClassVar = (("alpha", "beta"),)


class GammaShape(Fitted):
    """Gamma by shape and scale, or shape and mean."""

    dist: Literal["gamma"]
    shape: Positive | None = None
    scale: Positive | None = None
    mean: Positive | None = None
    own: ClassVar = (("shape", "scale"), ("shape", "mean"))


class StudentShape(Fitted):
    """Student's t with df degrees of freedom."""

    dist: Literal["student_t"]
    df: Annotated[float, Field(gt=0.0, le=1e6)]
    loc: float | None = None
    scale: Positive | None = None
    own: ClassVar = (("loc", "scale"),)


class DiscreteShape(Shape):
    """Single values with weights (normalised) or probabilities (summing to 1)."""

    dist: Literal["discrete"]
    values: Annotated[list[float], Field(min_length=1, max_length=10_000)]
    weights: Weights | None = None
    probabilities: Weights | None = None


class EmpiricalShape(Shape):
    """A column of draws in a CSV or Parquet file; priors on the same file are drawn from the same row."""

    dist: Literal["empirical"]
    file: Text
    column: Text
    joint: bool = True


class ConstantShape(BaseModel):
    """A parameter that does not vary."""

    model_config = _MODEL
    dist: Literal["constant"] = "constant"
    value: float
    own: ClassVar[tuple] = ()


_CONTINUOUS = {
    "lognormal": LogNormalShape, "normal": NormalShape, "uniform": UniformShape, "triangular": TriangularShape,
    "pert": PertShape, "beta": BetaShape, "gamma": GammaShape, "student_t": StudentShape,
}  # fmt: skip


def family_of(data: Any) -> str:
    """The family a prior's table names; ``value`` alone means a constant."""
    if isinstance(data, BaseModel):
        return str(data.dist)  # type: ignore[attr-defined]
    return str(data.get("dist", "constant" if "value" in data else "")) if isinstance(data, dict) else ""


def _union(members: dict[str, type[BaseModel]]) -> Any:
    joined: Any = None
    for name, model in members.items():
        tagged = Annotated[model, Tag(name)]
        joined = tagged if joined is None else joined | tagged
    return Annotated[joined, Discriminator(family_of)]


Component = _union(_CONTINUOUS)


class MixtureShape(Shape):
    """One of several continuous distributions, chosen with weights."""

    dist: Literal["mixture"]
    components: Annotated[list[Component], Field(min_length=1, max_length=50)]
    weights: Weights


_SHAPES: dict[str, type[BaseModel]] = {
    **_CONTINUOUS, "discrete": DiscreteShape, "mixture": MixtureShape, "empirical": EmpiricalShape,
    "constant": ConstantShape,
}  # fmt: skip


class Dated(BaseModel):
    """What a vintage of a prior says beside its shape, which is in the prior's unit."""

    model_config = _MODEL
    until: Date
    source: Text
    note: Text | None = None


def _named(shape: type[BaseModel], suffix: str, said: type[BaseModel]) -> type[BaseModel]:
    name = shape.__name__.removesuffix("Shape") + suffix
    return type(name, (shape, said), {"__doc__": shape.__doc__, "__module__": __name__})


# A column of draws has no vintage: what was known is a distribution.
VINTAGES: dict[str, type[BaseModel]] = {
    name: _named(shape, "Vintage", Dated) for name, shape in _SHAPES.items() if name != "empirical"
}

Vintage = _union(VINTAGES)


class Described(BaseModel):
    """What every prior says beside its shape."""

    model_config = _MODEL
    unit: Annotated[str, Field(min_length=1, max_length=100)]
    source: Text
    as_of: Date | None = None
    note: Text | None = None
    vintages: Annotated[list[Vintage], Field(max_length=40)] = []


PRIORS: dict[str, type[BaseModel]] = {name: _named(shape, "Prior", Described) for name, shape in _SHAPES.items()}
COMPONENTS: dict[str, type[BaseModel]] = dict(_CONTINUOUS)

Prior = _union(PRIORS)


class Correlation(BaseModel):
    """Rank correlations between two or more priors, or correlations of their normal scores."""

    model_config = _MODEL
    between: Annotated[list[Name], Field(min_length=2, max_length=100)]
    rank: Annotated[float, Field(ge=-1.0, le=1.0)] | None = None
    matrix: Annotated[list[list[Annotated[float, Field(ge=-1.0, le=1.0)]]], Field(max_length=100)] | None = None
    kind: Literal["rank", "pearson_of_scores"] = "rank"
    source: Text
    as_of: Date | None = None
    note: Text | None = None


class Document(BaseModel):
    """A stackcast scenario."""

    model_config = _MODEL
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_\-]*$", max_length=80)] | None = None
    description: Annotated[str, Field(max_length=2000)] = ""
    extends: Text | None = None
    ensemble: Text | None = None
    horizon: Horizon = Horizon()
    run: Run = Run()
    outputs: Outputs = Outputs()
    mechanisms: Mechanisms = Mechanisms()
    feedbacks: dict[Name, bool] = {}
    events: dict[Name, Literal[False] | EventSetting] = {}
    priors: dict[Name, Prior] = {}
    correlations: dict[str, Correlation] | list[Correlation] = {}


def json_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file."""
    schema = _without_null(Document.model_json_schema())
    for model in schema["$defs"].values():
        if model.get("properties", {}).pop("percentiles", None) is not None:
            model["patternProperties"] = {r"^p\d{1,2}(_\d{1,6})?$": {"type": "number"}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "stackcast scenario"}


def _without_null(node: Any) -> Any:
    """TOML has no null: what may be left out is optional, not null."""
    if isinstance(node, list):
        return [_without_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _without_null(value) for key, value in node.items() if value is not None}
    choices = [choice for choice in node.get("anyOf", []) if choice != {"type": "null"}]
    if "anyOf" in node and len(choices) == 1:
        return {**{key: value for key, value in node.items() if key != "anyOf"}, **choices[0]}
    return {**node, "anyOf": choices} if "anyOf" in node else node
