"""The product of six numbers."""

from stackcast.engine.declare import Loop, Mechanism, Row

FACTORS = tuple(f"factor_{k}" for k in range(1, 7))


def multiply(factor_1, factor_2, factor_3, factor_4, factor_5, factor_6):
    """Their product."""
    return (factor_1 * factor_2 * factor_3 * factor_4 * factor_5 * factor_6,)


MECHANISM = Mechanism(
    name="product",
    doc="A product.",
    priors=dict.fromkeys(FACTORS, "1"),
    writes={"product": Row("1", "stock", "the product", "positive")},
    loops=(Loop(multiply, ("product",), when="start"),),
)
