# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Would it have known?
#
# A forecast that was never scored is an opinion. This notebook takes the record as it was public at a date, fits the
# baseline to it, forecasts, and scores what followed against naive rivals. It calls the public API only; run it in
# its own folder, with the environment that `make test` has made.

# %%
import datetime
import io
import os

import numpy as np
from IPython.display import Image

import stackcast
from stackcast.backtest import backtest, by_series, headline, records
from stackcast.calibrate import calibrate, summarise
from stackcast.history import observations
from stackcast.report.backtest import fans_figure

BASELINE = "../configs/baseline.toml"
PARTICLES = int(os.environ.get("STACKCAST_PARTICLES", "4096"))
CUTOFF = datetime.date(2024, 6, 30)

# %% [markdown]
# ## What was known
#
# Every row of the record carries the day on which it became public. At the end of June 2024 this was known of the
# labs' yearly revenue; what was reported later about earlier dates is not in it.

# %%
columns = ["entity", "date", "value", "unit", "published", "basis"]
observations(series="annualized_revenue", as_of=CUTOFF)[columns]

# %%
known, whole = len(observations(as_of=CUTOFF)), len(observations())
print(f"{known:,} of {whole:,} observations were public on {CUTOFF}")

# %% [markdown]
# ## Fit
#
# Guided runs of the core follow the filings; what surprises them weighs against them. Temperatures rise until the
# record counts in full, and half of the particles stay in effect at every stage.

# %%
scenario = stackcast.load_scenario(BASELINE)
fitted = calibrate(scenario, CUTOFF, particles=PARTICLES, hindsight=False)
learned = summarise(fitted)
learned.stages

# %% [markdown]
# What the record said about parameters: shrinkage is one less the posterior's standard deviation over the prior's,
# shift is how far the mean moved in prior standard deviations. Most parameters stay where they were.

# %%
learned.parameters.head(8)

# %%
for line in learned.warnings or ("Prior and record agree.",):
    print(line)

# %% [markdown]
# ## Forecast and score
#
# The particles' own futures are the forecast. Priors whose newest source is later than the cut-off are widened first,
# so this is not the fit above but a humbler one.

# %%
scored = backtest(scenario, [CUTOFF], particles=PARTICLES)
said = headline(scored.frame)
print(f"skill {said.skill:+.2f} against the {said.rival.replace('_', ' ')}, {said.series} series, {said.rows} outcomes")
print("intervals held:", {f"{level} %": f"{100 * part:.0f} %" for level, part in said.coverage.items()})

# %%
by_series(scored.frame)[["series", "entity", "n", "crps", "crps_random_walk", "skill", "bias", "in90"]].round(3)

# %% [markdown]
# Negative skill is a loss against a line drawn through the past. `docs/backtest.md` says where and why. Each forecast
# with its outcome:

# %%
for row in records(scored.frame)[:5]:
    print(
        f"{row['entity']:12s} {row['date']} observed {row['observed']:8.2f}, 90 % {row['p5']:.2f} to {row['p95']:.2f}"
    )

# %% [markdown]
# ## Fans
#
# Shades hold 50, 80 and 90 % of the futures; points are what followed.

# %%
picture = io.BytesIO()
fans_figure(scored).savefig(picture, format="png", dpi=75)
Image(picture.getvalue())

# %% [markdown]
# ## How sure was it, really?
#
# Where outcomes lie among the forecast's draws: flat if the forecast knows how sure it is, heaped at the ends if it
# is too sure, in the middle if it is not sure enough.

# %%
np.histogram(scored.frame["pit"], bins=5, range=(0.0, 1.0))[0]
