"""Moats: pricing power that its driver builds and time wears away.

Six states in [0, 1], one for each way in which a layer keeps rivals out: supply (fabs and packaging), ecosystem (chip
designers' software), scale (clouds), algorithms (closed labs), distribution (applications), pipeline (data). All
rates are assumptions; none makes a moat permanent. The margins of the other layers take their moat where they are
set; the foundries' margin is set here.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.laws import dynamics

_moat = dynamics.moat.kernel

MOAT_START = 0.5
# Scarcity is at most e^1.5-fold.
HIGHEST_SCARCITY = 1.5
# Orders of magnitude between closed and open models at which the labs' moat is built fastest.
REFERENCE_GAP = 0.4
LEAST_MARGIN = 0.05
HIGHEST_MARGIN = 0.9

KINDS = {
    "supply": "fabs' and packagers' pricing power",
    "ecosystem": "chip designers' pricing power through software",
    "scale": "clouds' pricing power through scale",
    "algorithms": "closed labs' pricing power through what they know",
    "distribution": "applications' pricing power through customers who stay",
    "pipeline": "data sellers' pricing power through data nobody else has",
}


def dig_hardware_moats(
    last_moat_supply,
    moat_supply_build,
    moat_supply_decay,
    last_chip_scarcity,
    last_moat_ecosystem,
    moat_ecosystem_build,
    moat_ecosystem_decay,
    last_rival_share,
    last_moat_scale,
    moat_scale_build,
    moat_scale_decay,
    last_hyperscaler_share,
):
    """Moats of infrastructure: built by scarcity, by the leader's part of shipments, by hyperscalers' of compute."""
    supply_driver = last_chip_scarcity / HIGHEST_SCARCITY
    ecosystem_driver = 1.0 - last_rival_share
    supply = _moat(last_moat_supply, moat_supply_build, supply_driver, moat_supply_decay)
    ecosystem = _moat(last_moat_ecosystem, moat_ecosystem_build, ecosystem_driver, moat_ecosystem_decay)
    scale = _moat(last_moat_scale, moat_scale_build, last_hyperscaler_share, moat_scale_decay)
    return supply, ecosystem, scale


def dig_software_moats(
    last_moat_algorithms,
    moat_algorithms_build,
    moat_algorithms_decay,
    last_model_gap,
    last_moat_distribution,
    moat_distribution_build,
    moat_distribution_decay,
    last_trial_share,
    last_moat_pipeline,
    moat_pipeline_build,
    moat_pipeline_decay,
    last_premium_kept,
):
    """Moats of labs, applications and data: the gap to open models, customers who stay, what data is still worth."""
    algorithms_driver = min(last_model_gap / REFERENCE_GAP, 1.0)
    distribution_driver = 1.0 - last_trial_share
    algorithms = _moat(last_moat_algorithms, moat_algorithms_build, algorithms_driver, moat_algorithms_decay)
    distribution = _moat(last_moat_distribution, moat_distribution_build, distribution_driver, moat_distribution_decay)
    pipeline = _moat(last_moat_pipeline, moat_pipeline_build, last_premium_kept, moat_pipeline_decay)
    return algorithms, distribution, pipeline


def price_foundry(foundry_margin, moat_margin, moat_supply):
    """Gross margin of foundries and packagers."""
    return (min(max(foundry_margin + moat_margin * (moat_supply - 0.5), LEAST_MARGIN), HIGHEST_MARGIN),)


MOATS = Mechanism(
    name="moats",
    doc="Pricing power by layer, built and worn away; the foundries' margin.",
    priors={
        **{f"moat_{kind}_{rate}": "per_quarter" for kind in KINDS for rate in ("build", "decay")},
        "moat_margin": "1",
        "foundry_margin": "1",
    },
    carries={
        **{f"moat_{kind}": MOAT_START for kind in KINDS},
        "chip_scarcity": 0.0,
        "rival_share": None,
        "hyperscaler_share": None,
        "model_gap": REFERENCE_GAP,
        "trial_share": None,
        "premium_kept": None,
    },
    writes={
        **{f"moat_{kind}": Row("1", "stock", words, "share") for kind, words in KINDS.items()},
        "foundry_gross_margin": Row("1", "price", "gross margin of foundries and packagers"),
    },
    neutral={**{f"moat_{kind}": MOAT_START for kind in KINDS}, "foundry_gross_margin": "foundry_margin"},
    loops=(
        Loop(dig_hardware_moats, ("moat_supply", "moat_ecosystem", "moat_scale")),
        Loop(dig_software_moats, ("moat_algorithms", "moat_distribution", "moat_pipeline")),
        Loop(price_foundry, ("foundry_gross_margin",)),
    ),
)
