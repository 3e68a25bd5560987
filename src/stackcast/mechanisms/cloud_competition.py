"""Competition of clouds: hyperscalers, GPU clouds, labs' own centres (shares of rented compute; assumptions).

Vendors allot scarce chips to GPU clouds, which sell more of the idle hours and so lower the rental price; labs build
centres of their own where rent is far above cost. Hyperscalers' part sets the partner clouds' claim on labs' revenue.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row

HIGHEST_GPU_SHARE = 0.6
LOWEST_USE = 0.05
HIGHEST_USE = 0.98
MIDDLE_MOAT = 0.5
# A rental margin at which labs want all the own centres they ever want.
FULL_MARGIN = 0.5
# Hyperscalers' share where nothing competes with them: that of 2023 (assumption).
SHARE_ALONE = 0.95


def prepare_clouds(gpu_cloud_start):
    """Hyperscalers' share at the start: labs have no centres of their own yet."""
    return (1.0 - gpu_cloud_start,)


def share_compute(
    chip_scarcity,
    gpu_cloud_long,
    gpu_cloud_access,
    last_gpu_cloud_share,
    gpu_cloud_pace,
    own_centre_long,
    last_rental_margin,
    last_own_centre_share,
    own_centre_pace,
):
    """Shares of GPU clouds, of labs' own centres and of hyperscalers."""
    target = min(gpu_cloud_long * (1.0 + gpu_cloud_access * chip_scarcity), HIGHEST_GPU_SHARE)
    gpu = last_gpu_cloud_share + gpu_cloud_pace * (target - last_gpu_cloud_share)
    wanted = own_centre_long * min(last_rental_margin / FULL_MARGIN, 1.0)
    own = last_own_centre_share + own_centre_pace * (wanted - last_own_centre_share)
    return gpu, own, max(1.0 - gpu - own, 0.0)


def set_terms(
    hyperscaler_share,
    hyperscaler_start,
    partner_share,
    gpu_cloud_share,
    gpu_cloud_start,
    spot_gain,
    normal_utilisation,
    cloud_operations_rate,
    moat_margin,
    moat_scale,
):
    """Partners' part of labs' revenue, part of the fleet's hours on sale, yearly operating cost over plant."""
    sold = normal_utilisation * (1.0 + spot_gain * (gpu_cloud_share - gpu_cloud_start))
    partners = partner_share * hyperscaler_share / hyperscaler_start
    operations = cloud_operations_rate * (1.0 - moat_margin * (moat_scale - MIDDLE_MOAT))
    return partners, min(max(sold, LOWEST_USE), HIGHEST_USE), operations


CLOUD_COMPETITION = Mechanism(
    name="cloud_competition",
    doc="Shares of hyperscalers, GPU clouds and labs' own centres, and the terms they sell at.",
    priors={
        "gpu_cloud_start": "1",
        "gpu_cloud_long": "1",
        "gpu_cloud_access": "1",
        "gpu_cloud_pace": "per_quarter",
        "own_centre_long": "1",
        "own_centre_pace": "per_quarter",
        "spot_gain": "1",
        "partner_share": "1",
        "moat_margin": "1",
        "normal_utilisation": "1",
        "cloud_operations_rate": "per_year",
    },
    reads=("chip_scarcity", "moat_scale"),
    carries={
        "gpu_cloud_share": "gpu_cloud_start",
        "own_centre_share": 0.0,
        "hyperscaler_share": "hyperscaler_start",
        "rental_margin": None,
    },
    writes={
        "hyperscaler_start": Row("1", "price", "hyperscalers' share at the start"),
        "gpu_cloud_share": Row("1", "price", "GPU clouds' share of rented compute", "share"),
        "own_centre_share": Row("1", "price", "share of labs' own centres", "share"),
        "hyperscaler_share": Row("1", "price", "hyperscalers' share of rented compute", "share"),
        "partner_rate": Row("1", "price", "partner clouds' part of labs' revenue"),
        "sold_utilisation": Row("1", "price", "part of the fleet's hours that is on sale"),
        "operations_rate": Row("per_year", "price", "clouds' power and operations over plant"),
    },
    neutral={
        "hyperscaler_share": SHARE_ALONE,
        "partner_rate": "partner_share",
        "sold_utilisation": "normal_utilisation",
        "operations_rate": "cloud_operations_rate",
    },
    loops=(
        Loop(prepare_clouds, ("hyperscaler_start",), when="start"),
        Loop(share_compute, ("gpu_cloud_share", "own_centre_share", "hyperscaler_share")),
        Loop(set_terms, ("partner_rate", "sold_utilisation", "operations_rate")),
    ),
)
