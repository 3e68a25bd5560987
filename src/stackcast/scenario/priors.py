"""From a validated prior to the draw the engine makes: shape, truncation, unit."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from stackcast.engine.draws import PriorDraw, Quantile
from stackcast.scenario import fit, models, quantiles
from stackcast.scenario.files import DrawFile
from stackcast.scenario.problem import Problem
from stackcast.scenario.shapes import Beta, Gamma, LogNormal, Mixture, Normal, Shape, StudentT, Triangular, Truncated
from stackcast.scenario.shapes import Uniform as UniformShape
from stackcast.scenario.units import Conversion, conversion, parse_unit

# Parameters each family has to be given, so that more quantiles are more than enough.
_PARAMETERS = {"triangular": 3, "pert": 3}


@dataclass(frozen=True)
class Vintage:
    """What a prior was for who knew its sources up to the day ``until``; in the unit the prior is drawn in."""

    until: datetime.date
    dist: str
    source: str
    note: str | None
    quantile: Quantile


@dataclass(frozen=True)
class Prior:
    """A resolved prior. ``unit`` is the one it is drawn in, ``given_unit`` the one the scenario writes.

    ``low`` and ``high`` are the bounds it is cut to, ``vintages`` what it was earlier, oldest first.
    """

    name: str
    dist: str
    unit: str
    given_unit: str
    source: str
    as_of: datetime.date | None
    note: str | None
    used_by: tuple[str, ...]
    draw: PriorDraw
    low: float = -math.inf
    high: float = math.inf
    vintages: tuple[Vintage, ...] = ()

    @property
    def assumption(self) -> bool:
        """Whether the source is the word "assumption", alone or with a reason after it."""
        return is_assumption(self.source)


def is_assumption(source: str) -> bool:
    """Whether a source says that there is none."""
    words = source.replace(":", " ").replace(",", " ").split()
    return bool(words) and words[0].lower() == "assumption"


def build_shape(model: Any, field: str = "") -> fit.Fit:
    """Distribution of a prior or of a component of a mixture, before truncation."""
    try:
        return _build_shape(model)
    except Problem as problem:
        raise Problem(
            ".".join(part for part in (field, problem.field) if part), problem.given, problem.allowed
        ) from None


def _build_shape(model: Any) -> fit.Fit:
    if isinstance(model, models.MixtureShape):
        return _mixture(model)
    points = _points(model)
    if points is None:
        return fit.Fit(_OWN[model.dist](model))
    return fit.judge(_fitted(model, points), points, _PARAMETERS.get(model.dist, 2), model.dist)


def _mixture(model: models.MixtureShape) -> fit.Fit:
    if len(model.weights) != len(model.components):
        raise Problem("weights", model.weights, f"must have one weight for each of {len(model.components)} components")
    weights = _normalised(model.weights, "weights")
    fits = [build_shape(part, f"components.{k}") for k, part in enumerate(model.components)]
    parts = [
        truncated(made.shape, part.low, part.high, f"components.{k}")
        for k, (part, made) in enumerate(zip(model.components, fits, strict=True))
    ]
    message = next((made.message for made in fits if made.message), None)
    return fit.Fit(Mixture(tuple(parts), tuple(weights)), message)


def truncated(shape: Shape, low: float | None, high: float | None, field: str) -> Shape:
    """A component cut to its bounds."""
    if low is None and high is None:
        return shape
    cut = Truncated(shape, -math.inf if low is None else low, math.inf if high is None else high)
    if not cut.support[0] < cut.support[1] or cut.cut[2] < quantiles.SMALLEST_KEPT:
        raise Problem(
            f"{field}.low", f"{low} to {high}", "low and high leave less than a millionth of the distribution"
        )
    return cut


def _points(model: models.Fitted) -> list[fit.Point] | None:
    """The quantiles a prior is given by, None if it is given by its own parameters."""
    ways = {
        "percentiles (p5, p95, ...)": bool(model.percentiles),
        "interval": model.interval is not None,
        "quantiles": model.quantiles is not None,
        f"its own parameters ({_own_names(model)})": _gives_own(model),
    }
    given = [way for way, found in ways.items() if found]
    if len(given) != 1:
        what = " and ".join(given) if given else "nothing"
        raise Problem(
            "", None, f"give its shape in exactly one way: {', '.join(ways)}; found {what}"
            + (" (naming dist replaces an inherited prior whole)" if given else "")
        )  # fmt: skip
    if model.interval is not None:
        return _interval(model)
    if model.level is not None:
        raise Problem("level", model.level, "goes with interval = [a, b]")
    if model.quantiles is not None:
        return fit.check_points([(p, x) for p, x in model.quantiles], lambda _: "quantiles")
    if not model.percentiles:
        return None
    keys = {_probability(key): key for key in model.percentiles}
    return fit.check_points([(_probability(key), value) for key, value in model.percentiles.items()], keys.__getitem__)


def _interval(model: models.Fitted) -> list[fit.Point]:
    low, high = model.interval
    if model.level is None:
        raise Problem("level", None, "is missing: the probability inside the interval, such as 0.90")
    if not low < high:
        raise Problem("interval", [low, high], "the lower end must be below the upper")
    outside = (1 - Fraction(repr(model.level))) / 2
    return [(float(outside), low), (float(1 - outside), high)]


def _probability(key: str) -> float:
    """0.975 of p97_5, as the literal 0.975."""
    whole, part = models.PERCENTILE.fullmatch(key).groups()
    value = Fraction(int(whole)) + Fraction(int(part or 0), 10 ** len(part or ""))
    return float(value / 100)


def _own_names(model: models.Fitted) -> str:
    return " or ".join(", ".join(names) for names in model.own)


def _gives_own(model: models.Fitted) -> bool:
    """Whether any parameter that only the family's own description uses is given."""
    names = {name for group in model.own for name in group} - _SHARED.get(model.dist, set())
    bounds_stand_in = model.dist in _BOUNDED and _no_quantiles(model) and model.low is not None
    return bounds_stand_in or any(getattr(model, name) is not None for name in names)


# A mode may come with two quantiles.
_SHARED = {"triangular": {"mode"}, "pert": {"mode"}}
_BOUNDED = ("uniform", "triangular", "pert")


def _no_quantiles(model: models.Fitted) -> bool:
    return not model.percentiles and model.interval is None and model.quantiles is None


def _fitted(model: Any, points: list[fit.Point]) -> Shape:
    dist = model.dist
    count = len(points)
    needed = 3 if dist in _PARAMETERS and model.mode is None else 2
    if count < needed:
        extra = ", or two and the mode" if needed == 3 else ""
        raise Problem("", None, f"a {dist} needs {needed} quantiles{extra}; found {count}")
    makers: dict[str, Callable[[], Shape]] = {
        "lognormal": lambda: fit.fit_lognormal(points),
        "normal": lambda: fit.fit_normal(points),
        "uniform": lambda: fit.fit_uniform(points),
        "triangular": lambda: fit.fit_triangular(points, model.mode),
        "pert": lambda: fit.fit_pert(points, model.mode, model.shape),
        "beta": lambda: fit.fit_beta(points, *_ordered(model.min, model.max)),
        "gamma": lambda: fit.fit_gamma(points),
        "student_t": lambda: fit.fit_student(points, model.df),
    }
    return makers[dist]()


def _need(model: Any, *names: str) -> list[float]:
    for name in names:
        if getattr(model, name) is None:
            raise Problem(name, None, f"is missing: a {model.dist} by its own parameters needs {_own_names(model)}")
    return [getattr(model, name) for name in names]


def _ordered(low: float, high: float) -> tuple[float, float]:
    if not low < high:
        raise Problem("min", [low, high], "min must be below max")
    return low, high


def _lognormal(model: Any) -> Shape:
    if (model.mu is None) == (model.median is None):
        raise Problem("mu", model.mu, "give mu or median, with sigma")
    (sigma,) = _need(model, "sigma")
    return LogNormal(model.mu if model.median is None else quantiles.maths.log(model.median), sigma)


def _bounds(model: Any) -> tuple[float, float]:
    """min and max; low and high stand in for them, where cutting and bounding are the same."""
    low = model.low if model.min is None else model.min
    high = model.high if model.max is None else model.max
    for name, value in (("min", low), ("max", high)):
        if value is None:
            raise Problem(name, None, f"is missing: a {model.dist} by its own parameters needs {_own_names(model)}")
    return _ordered(low, high)


def _moded(model: Any) -> tuple[float, float, float]:
    low, high = _bounds(model)
    (mode,) = _need(model, "mode")
    if not low <= mode <= high:
        raise Problem("mode", mode, f"must lie between min and max ({low:g} and {high:g})")
    return low, mode, high


def _gamma(model: Any) -> Shape:
    (shape,) = _need(model, "shape")
    if (model.scale is None) == (model.mean is None):
        raise Problem("scale", model.scale, "give scale or mean, with shape")
    return Gamma(shape, model.mean / shape if model.scale is None else model.scale)


_OWN: dict[str, Callable[[Any], Shape]] = {
    "lognormal": _lognormal,
    "normal": lambda model: Normal(*_need(model, "mean", "sd")),
    "uniform": lambda model: UniformShape(*_bounds(model)),
    "triangular": lambda model: Triangular(*_moded(model)),
    "pert": lambda model: fit.pert(*_moded(model), model.shape),
    "beta": lambda model: Beta(*_need(model, "alpha", "beta"), *_ordered(model.min, model.max)),
    "gamma": _gamma,
    "student_t": lambda model: StudentT(model.df, *_need(model, "loc", "scale")),
}


def _normalised(weights: list[float], field: str) -> list[float]:
    total = math.fsum(weights)
    if total <= 0.0:
        raise Problem(field, weights, "at least one must be above 0")
    return [weight / total for weight in weights]


def _discrete(model: models.DiscreteShape, low: float, high: float, convert: Conversion) -> Quantile:
    if (model.weights is None) == (model.probabilities is None):
        raise Problem("weights", None, "give weights (normalised) or probabilities (summing to 1)")
    field = "probabilities" if model.weights is None else "weights"
    weights = getattr(model, field)
    if len(weights) != len(model.values):
        raise Problem(field, weights, f"must have one for each of {len(model.values)} values")
    if len(set(model.values)) != len(model.values):
        raise Problem("values", model.values, "a value is given twice")
    if field == "probabilities" and abs(math.fsum(weights) - 1.0) > 1e-9:
        raise Problem(field, weights, f"must sum to 1, not {math.fsum(weights):g}")
    return quantiles.steps(model.values, _normalised(weights, field), low, high, convert)


def convert_to(model: Any, unit: str | None, who: str) -> Conversion:
    """Conversion from the prior's unit to ``unit``; None keeps it."""
    given = parse_unit(model.unit)
    return Conversion() if unit is None else conversion(given, parse_unit(unit), who)


def build_quantile(model: Any, convert: Conversion) -> tuple[Quantile, str | None]:
    """Quantile function in the mechanism's unit, and a remark where the fit is not exact."""
    if model.dist == "constant":
        return quantiles.constant(model.value, convert), None
    low = -math.inf if model.low is None else model.low
    high = math.inf if model.high is None else model.high
    if not low < high:
        raise Problem("low", low, f"must be below high ({high:g})")
    if model.dist == "discrete":
        return _discrete(model, low, high, convert), None
    made = build_shape(model)
    return quantiles.quantile(made.shape, low, high, convert), made.message


def cut_to(model: Any) -> tuple[float | None, float | None]:
    """Bounds of a truncation; those that stand in for a family's own ends cut nothing."""
    if model.dist == "constant":
        return None, None
    own = model.dist in _BOUNDED and _no_quantiles(model)
    return (None if own and model.min is None else model.low), (None if own and model.max is None else model.high)


def check_vintages(model: Any) -> None:
    """Dates of a prior's vintages: in order, and before the prior's own."""
    if model.vintages and model.as_of is None:
        raise Problem("as_of", None, "is missing: a prior with vintages says when its newest source is from")
    for k, vintage in enumerate(model.vintages):
        if k and vintage.until <= model.vintages[k - 1].until:
            before = model.vintages[k - 1].until
            raise Problem(
                f"vintages.{k}.until", str(vintage.until), f"must be later than {before} of the one before it"
            )
        if vintage.until >= model.as_of:
            allowed = f"must be before as_of = {model.as_of}, the newest source of the prior itself"
            raise Problem(f"vintages.{k}.until", str(vintage.until), allowed)


def kept_rows(table: DrawFile, group: list[Any]) -> np.ndarray:
    """Rows of a file inside the bounds of every prior drawn from it together."""
    keep: np.ndarray | None = None
    for model in group:
        column = table.column(model.column)
        inside = np.ones(column.size, dtype=bool)
        if model.low is not None:
            inside &= column >= model.low
        if model.high is not None:
            inside &= column <= model.high
        keep = inside if keep is None else keep & inside
    if keep is None or not keep.any():
        raise Problem("low", None, "no row of the file lies between low and high")
    return keep
