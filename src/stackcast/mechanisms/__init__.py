"""The mechanisms of the model; one file each. The registry's order is the order within a quarter."""

from __future__ import annotations

from stackcast.engine.declare import Mechanism
from stackcast.mechanisms.algorithmic_progress import ALGORITHMIC_PROGRESS
from stackcast.mechanisms.audit import AUDIT
from stackcast.mechanisms.capital import CAPITAL
from stackcast.mechanisms.cloud_competition import CLOUD_COMPETITION
from stackcast.mechanisms.compute_supply import COMPUTE_SUPPLY
from stackcast.mechanisms.data_market import DATA_MARKET
from stackcast.mechanisms.data_stock import DATA_STOCK
from stackcast.mechanisms.demand import DEMAND
from stackcast.mechanisms.emergence import EMERGENCE
from stackcast.mechanisms.inference import INFERENCE
from stackcast.mechanisms.lab_competition import LAB_COMPETITION
from stackcast.mechanisms.ledger import LEDGER
from stackcast.mechanisms.moats import MOATS
from stackcast.mechanisms.open_closed import OPEN_CLOSED
from stackcast.mechanisms.power_supply import POWER_SUPPLY
from stackcast.mechanisms.scaling_law import SCALING_LAW
from stackcast.mechanisms.tooling import TOOLING
from stackcast.mechanisms.training import TRAINING

MECHANISMS: dict[str, Mechanism] = {
    mechanism.name: mechanism
    for mechanism in (
        SCALING_LAW,
        ALGORITHMIC_PROGRESS,
        EMERGENCE,
        DATA_STOCK,
        MOATS,
        TOOLING,
        DATA_MARKET,
        CAPITAL,
        POWER_SUPPLY,
        COMPUTE_SUPPLY,
        TRAINING,
        DEMAND,
        OPEN_CLOSED,
        LAB_COMPETITION,
        CLOUD_COMPETITION,
        INFERENCE,
        LEDGER,
        AUDIT,
    )
}
"""Every mechanism that ships, by name, in the order of evaluation."""
