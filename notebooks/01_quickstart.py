# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Who earns what in the generative-AI stack
#
# This notebook runs the baseline scenario, looks at one layer, asks for one probability, draws three pictures, follows
# one future quarter by quarter, and changes one prior. It calls the public API only. Run it in its own folder, with the
# environment that `make test` has made.

# %%
import os

import stackcast

BASELINE = "../configs/baseline.toml"
TRAJECTORIES = float(os.environ.get("STACKCAST_TRAJECTORIES", "1e5"))

# %% [markdown]
# ## Run
#
# A scenario file holds priors with units and sources. A run draws joint futures from them, from 2023 to 2035, and keeps
# the distribution of every output. Shown below are medians with the range of 90 % of the futures. That range is the
# forecast's uncertainty; it does not shrink with more trajectories.

# %%
scenario = stackcast.load_scenario(BASELINE)
forecast = stackcast.run(scenario, trajectories=TRAJECTORIES)
forecast

# %% [markdown]
# ## One layer
#
# The share of gross profit that goes to the designers of chips, by year: 5, 50 and 95 % quantiles.

# %%
chips = forecast.to_frame(metric="share", layer="chips")
chips.pivot(index="period", columns="statistic", values="value").loc["2024":"2035":2, ["p5", "p50", "p95"]].round(3)

# %%
forecast.quantile("gross_profit", layer="chips", year=2030, q=[0.05, 0.5, 0.95])  # billion US dollars

# %% [markdown]
# Every mean and every quantile carries `mcse`, its Monte Carlo standard error: what more trajectories would reduce.

# %%
chips[(chips["period"] == "2030") & (chips["statistic"].isin(["mean", "p5", "p50", "p95"]))]

# %% [markdown]
# ## One probability
#
# How likely is it that chips take more than 40 % of the stack's gross profit in 2030? That the cloud makes a loss? That
# applications have been the largest earner in some quarter by the end of 2030?

# %%
print("chips above 40 %:      ", forecast.probability("share", layer="chips", year=2030, above=0.4))
print("cloud below zero:      ", forecast.probability("gross_profit", layer="cloud", year=2030, below=0.0))
print("applications have led: ", forecast.probability("lead_apps", year=2030))

# %% [markdown]
# ## Pictures
#
# Each plot takes matplotlib axes, or makes them, and returns them.

# %%
forecast.plot.share()
# %%
forecast.plot.fan("gross_profit", layer="cloud", scale="log")
# %%
forecast.plot.histogram("share", layer="cloud", year=2030)
# %% [markdown]
# ## One future
#
# `replay` computes one trajectory again and returns every row of the model by quarter. Its numbers are those of the
# run, to the last bit: a draw depends on the seed, the number of the trajectory, the quarter and the name of what is
# drawn.

# %%
future = stackcast.replay(scenario, trajectory=17)
future.loc["2029Q4":"2031Q4", ["chip_price", "fleet_h100e", "rental_price", "capital_spending", "end_spend"]].round(1)

# %% [markdown]
# ## Change one prior
#
# What if accelerators wear out in three years? `set` overrides one field of the scenario. Both runs have the same seed,
# and so the same futures but for that prior: what differs is its doing. The sample holds the first trajectories of a
# run one by one, so the two worlds can be compared within each future.

# %%
shorter = stackcast.load_scenario(BASELINE, set=["priors.hardware_life.value=3"])
short_lived = stackcast.run(shorter, trajectories=TRAJECTORIES)

for name, run in (("baseline", forecast), ("three years", short_lived)):
    low, middle, high = run.quantile("share", layer="cloud", year=2030, q=[0.05, 0.5, 0.95])
    print(f"{name:12s} cloud's share in 2030: median {middle:.3f}, 90 % of the futures {low:.3f} to {high:.3f}")

difference = short_lived.sample["share.cloud.2030"] - forecast.sample["share.cloud.2030"]
print(f"higher in {100 * (difference > 0).mean():.0f} %, lower in {100 * (difference < 0).mean():.0f} % of the futures")

# %% [markdown]
# `forecast.save("a_folder")` stores the run and `stackcast.open_run("a_folder")` reads it back. The command line does
# both: `stackcast run configs/baseline.toml`, `stackcast show RUN_FOLDER`.
