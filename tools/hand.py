"""The model as lines of arithmetic, for the hand calculation of two quarters; docs/model.md has the reasons.

A line is `quantity = arithmetic`, indented lines continue it. Names are priors, quantities above, and `last_x`, the x
at the end of the quarter before. A line that begins with `-` is worked out and compared but not printed. Shocks are
left out: they are nothing here.
"""

ONCE = """
fit_a = exp(scaling_ln_a)
fit_b = exp(scaling_ln_b)
fit_e = exp(scaling_ln_e)
G = (scaling_alpha * fit_a / (scaling_beta * fit_b)) ** (1 / (scaling_alpha + scaling_beta))
token_power = scaling_alpha / (scaling_alpha + scaling_beta)
loss_power = scaling_beta * token_power
N_at_6e24 = G * 1e24 ** (1 - token_power)
D_at_6e24 = 1e24 / N_at_6e24
token_intercept = log(overtraining * D_at_6e24) - token_power * log(6e24)
loss_intercept = log(fit_a * N_at_6e24 ** -scaling_alpha + fit_b * D_at_6e24 ** -scaling_beta) + loss_power *
    log(1e24)
algorithm_distance_kept = exp(-(log10(2) * 3 / algorithm_doubling) / algorithm_ceiling)
user_cost = 1 / hardware_life + cloud_operations_rate + cost_of_capital
power_ramp = exp(log(power_build_2026 / power_build_start) / 12) - 1
run_intercept = log(run_share * 989e12 * 0.4 * 7.9e6) + (1 - run_fleet_elasticity) * log(fleet_start)
products_ceiling_log = log(products_potential / 4)
builds_ceiling_log = log(builds_potential / 4)
shape_pace = min(1.6 * demand_shape, 1) / demand_shape
open_odds = log(open_token_share / (1 - open_token_share))
maturity_pace = 1 - exp(-0.25 * log(2) / lab_maturity_halflife)
small_model_kept = exp(-0.25 * small_model_pace / small_model_ceiling)
brand_start = max(-log(open_price_ratio) - 0.4 * gap_pricing, 0)
age_ratio = 1 / (1 + 0.15 * hardware_life)
"""
"""Start rows: worked out once, from priors alone."""

BEFORE = """
log_frontier = 58.30656466958052; frontier_flop = 2.1e25; token_pool = text_stock_start
text_stock = text_stock_start; algorithms = 0; best_run = 0; capability = 0; text_used = 0; moat_supply = 0.5
moat_ecosystem = 0.5; moat_scale = 0.5; moat_algorithms = 0.5; moat_distribution = 0.5; moat_pipeline = 0.5
model_gap = 0.4; chip_scarcity = 0; rival_share = rival_share_start; hyperscaler_share = 1 - gpu_cloud_start
trial_share = 0.3; premium_kept = 1; platform_share = platform_share_start; readiness = readiness_start
pace = 0.09; data_price_log = 0; revenue_cloud = 2; cloud_revenue_log = 0.5931471805599453
expected_growth = 0.1; optimism = optimism_start; demand_step_left = demand_step
capital_spending = capital_start; capital_budget = capital_start; capital_growth = capital_growth_start
own_use_budget = own_use_start; parents_revenue = 140; funding_appetite = 1; revenue_closed_models = 0.1
plant = plant_start; power_gw = power_start; power_rate = power_build_start; power_news = 0
power_scarcity = 0; power_wanted = fleet_start * kw_new_start / 1e6; chip_price_log = 0
packaging = packaging_start; memory = memory_start; logic = logic_start; chip_price = chip_price_start
backlog = backlog_start; kw_new = kw_new_start; leader_margin = chip_margin_start
chip_margin_base = chip_margin_start; fleet_h100e = fleet_start
fleet_1 = fleet_start / (1 + age_ratio * (1 + age_ratio * (1 + age_ratio))); fleet_2 = fleet_1 * age_ratio
fleet_3 = fleet_2 * age_ratio; fleet_4 = fleet_3 * age_ratio; power_1 = fleet_1 * kw_new_start / 1e6
power_2 = fleet_2 * kw_new_start / 1e6; power_3 = fleet_3 * kw_new_start / 1e6
power_4 = fleet_4 * kw_new_start / 1e6
plant_1 = plant_start / (1 + age_ratio * (1 + age_ratio * (1 + age_ratio))); plant_2 = plant_1 * age_ratio
plant_3 = plant_2 * age_ratio; plant_4 = plant_3 * age_ratio; plant_building = capital_start
bid_training = 0.5; rental_price = rental_start; products_log = log(products_start)
builds_log = log(builds_start); products_growth = 0.4; builds_growth = 0.1; usefulness_before = 1
rental_log = 0; rental_trend = 0; lag_log = log(open_lag); open_share = open_token_share
closed_brand = brand_start; lab_hhi = lab_hhi_start; assistant_part = assistant_share; maturity = 0
gpu_cloud_share = gpu_cloud_start; own_centre_share = 0; rental_margin = 0.3; token_price_log = 0
small_model_gain = 0; lab_cash = lab_cash_start; gross_profit_closed_models = 0; revenue_tooling = 0.25
"""
"""What stands for the end of the quarter before the first."""

QUARTER = {
    "scaling_law": """
tokens_wanted = exp(token_intercept + token_power * last_log_frontier)
tokens_trained = min(tokens_wanted, text_epochs * last_token_pool)
- repeated = max((tokens_trained - last_token_pool) / last_token_pool, 0)
- used = min(tokens_trained, last_token_pool)
tokens_worth = used + used * 15.387756 * (1 - exp(-repeated / 15.387756))
size = last_frontier_flop / (6 * tokens_wanted)
reducible = fit_a * size ** -scaling_alpha + fit_b * tokens_worth ** -scaling_beta
run_compute = ((loss_intercept - log(reducible)) / loss_power + log(6)) / log(10)
best_run = max(run_compute + last_algorithms, last_best_run)
capability = last_capability + best_run - last_best_run if last_best_run > 0 else best_run
loss = fit_e + exp(loss_intercept - loss_power * (log(10) * capability - log(6)))
""",
    "algorithmic_progress": """
algorithms = algorithm_ceiling - (algorithm_ceiling - last_algorithms) * algorithm_distance_kept
""",
    "emergence": """
odds = exp(usefulness_slope * (usefulness_midpoint - capability))
use_cases = (capability >= use_case_1) + (capability >= use_case_2) + (capability >= use_case_3)
usefulness = (1 - use_case_weight) / (1 + odds) + use_case_weight * use_cases / 3
log_usefulness = log(max(usefulness, 1e-6))
""",
    "data_stock": """
- text_stock = last_text_stock * exp(text_growth)
- usable = text_stock * text_epochs
- gap = max(tokens_wanted - usable, 0)
token_pool = text_stock * (1 + proprietary_text) + synthetic_worth * gap / text_epochs
- text_used = max(last_text_used, min(tokens_trained, usable))
- stock_left = max(usable - text_used, 0)
text_shortage = log(1 + gap / usable)
""",
    "moats": """
moat_supply = last_moat_supply + moat_supply_build * (last_chip_scarcity / 1.5) * (1 - last_moat_supply) -
    moat_supply_decay * last_moat_supply
moat_ecosystem = last_moat_ecosystem + moat_ecosystem_build * (1 - last_rival_share) * (1 - last_moat_ecosystem)
    - moat_ecosystem_decay * last_moat_ecosystem
- moat_scale = last_moat_scale + moat_scale_build * last_hyperscaler_share * (1 - last_moat_scale) -
    moat_scale_decay * last_moat_scale
- moat_algorithms = last_moat_algorithms + moat_algorithms_build * min(last_model_gap / 0.4, 1) * (1 -
    last_moat_algorithms) - moat_algorithms_decay * last_moat_algorithms
- moat_distribution = last_moat_distribution + moat_distribution_build * (1 - last_trial_share) * (1 -
    last_moat_distribution) - moat_distribution_decay * last_moat_distribution
- moat_pipeline = last_moat_pipeline + moat_pipeline_build * last_premium_kept * (1 - last_moat_pipeline) -
    moat_pipeline_decay * last_moat_pipeline
foundry_gross_margin = clip(foundry_margin + moat_margin * (moat_supply - 0.5), 0.05, 0.9)
""",
    "tooling": """
slowdown = clip(1 - last_pace / 0.09, 0, 1)
platform_share = last_platform_share + platform_bundling * last_platform_share * (1 - last_platform_share) -
    platform_unbundling * (1 - slowdown) * last_platform_share
readiness = min(last_readiness + readiness_pace * (1 + readiness_platforms * platform_share) * (1 -
    last_readiness), 1)
tooling_price = (1 - tooling_giveaway * last_hyperscaler_share) / 0.85
tooling_spend_share = min(tooling_share * (1 + slowdown_tooling * slowdown) * tooling_price, 0.6)
tooling_cost_share = min(tooling_other_cost * (1 - platform_saving * platform_share) / tooling_price, 0.6)
app_experiment_rate = app_experiments * (1 - slowdown_experiments * slowdown)
""",
    "data_market": """
- data_price_log = last_data_price_log + data_price_adjustment * (min(data_response * text_shortage, log(10)) -
    last_data_price_log)
- data_price = exp(data_price_log)
data_spend_share = min(data_share * (1 + slowdown_data * slowdown) * exp((1 - data_elasticity) *
    data_price_log), 0.35)
- lab_data_rate = min(lab_data_share * data_price, 0.25)
data_gross_margin = clip(data_margin + data_rent * (1 - 1 / data_price) + moat_margin * (moat_pipeline - 0.5),
    0.02, 0.9)
- premium_kept = 1 - data_erosion * usefulness
- data_premium = data_premium_start * premium_kept
app_cost_share = clip(app_other_cost + proprietary_share * (data_premium_start - data_premium) - moat_margin *
    (moat_distribution - 0.5), 0.02, 0.6)
""",
    "capital": """
- cloud_revenue_log = log(max(last_revenue_cloud, 0.001))
expected_growth = last_expected_growth + growth_smoothing * (clip(cloud_revenue_log - last_cloud_revenue_log,
    -0.5, 0.5) - last_expected_growth)
- optimism = last_optimism
expected_revenue = optimism * 4 * last_revenue_cloud * exp(planning_horizon * clip(expected_growth, -0.05, 0.3)
    + last_demand_step_left)
- demand_step_left = last_demand_step_left * exp(-log(2) / demand_step_halflife)
- replacement = last_plant / (4 * hardware_life)
capital_base = max(max(min(last_capital_budget, budget_lapse * last_capital_spending), 0.5 *
    last_capital_budget), 0.1 * replacement)
capital_wish = max(replacement + (expected_revenue / user_cost - last_plant) / plant_adjustment, 0.08 *
    capital_base)
capital_gap = clip(log(capital_wish / capital_base), -1.5, 1.5)
capital_growth = capital_inertia * last_capital_growth + (1 - capital_inertia) * capital_response * capital_gap
capital_budget = capital_base * exp(capital_growth)
- parents_revenue = last_parents_revenue * (1 + parents_growth)
- own_use_budget = last_own_use_budget * (1 + own_use_speed * (1 - last_own_use_budget / (own_use_ceiling *
    parents_revenue)))
lab_funding = 0.25 * funding_scale * exp(funding_power * log(max(4 * last_revenue_closed_models, 0.001)) +
    funding_cycle * min(capital_gap, 0))
""",
    "power_supply": """
- power_news = last_power_news + min(0.25 / power_build_time, 1) * (last_power_scarcity - last_power_news)
- power_rate = last_power_rate * (1 + power_ramp)
power_gw = last_power_gw + min(power_rate, max(power_headroom * last_power_wanted - last_power_gw, 0))
""",
    "compute_supply": """
- answer = min(capacity_response * last_chip_scarcity, capacity_limit_early)
packaging = last_packaging * (1 + packaging_growth + answer)
- memory = last_memory * (1 + memory_growth + answer)
- logic = last_logic * (1 + logic_growth)
chip_capacity = min(packaging, memory, logic)
orders = chips_share_of_capital * capital_budget * 1e9 / last_chip_price + last_backlog
power_kept = last_power_1 + last_power_2 + last_power_3 + last_power_4 - last_power_4 / hardware_life
kw_new = last_kw_new * exp(-kw_decline)
- room = max(power_gw - power_kept, 0) * 1e6 / kw_new
made = min(orders, chip_capacity)
shipments = min(made, room)
backlog = (orders - shipments) * (1 - order_cancellation)
chip_scarcity = log(clip(orders / chip_capacity, 1, exp(1.5)))
power_scarcity = log(max(made / max(room, made / exp(1.5)), 1))
- power_wanted = power_kept + made * kw_new / 1e6
chip_pressure = chip_scarcity + power_rent_share * power_scarcity
chip_price_log = last_chip_price_log + 0.25 * chip_price_response * chip_pressure - chip_price_trend
leader_price = chip_price_start * exp(chip_price_log)
- chip_margin_base = last_chip_margin_base
leader_margin = clip(chip_margin_base + chip_margin_response * chip_pressure + moat_margin * (moat_ecosystem -
    0.5), 0.02, 0.95)
rival_share = last_rival_share + rival_pace * (min(rival_long * exp(rival_response * (last_leader_margin -
    chip_margin_long)), 0.9) - last_rival_share)
average = 1 - rival_share * (1 - min((1 - leader_margin) / (1 - rival_margin), 1))
chip_price = leader_price * average
chip_margin = 1 - (1 - leader_margin) / average
- sales_innovation = 0
- sales_factor = 1
- sales_drift = 0
- chip_sales_evidence = 0
- unordered = 0
- fleet_1 = last_fleet_1 - last_fleet_1 / hardware_life + shipments
- fleet_2 = last_fleet_2 - last_fleet_2 / hardware_life + last_fleet_1 / hardware_life
- fleet_3 = last_fleet_3 - last_fleet_3 / hardware_life + last_fleet_2 / hardware_life
- fleet_4 = last_fleet_4 - last_fleet_4 / hardware_life + last_fleet_3 / hardware_life
fleet_h100e = fleet_1 + fleet_2 + fleet_3 + fleet_4
- power_1 = last_power_1 - last_power_1 / hardware_life + shipments * kw_new / 1e6
- power_2 = last_power_2 - last_power_2 / hardware_life + last_power_1 / hardware_life
- power_3 = last_power_3 - last_power_3 / hardware_life + last_power_2 / hardware_life
- power_4 = last_power_4 - last_power_4 / hardware_life + last_power_3 / hardware_life
""",
    "training": """
- run_planned = exp(run_intercept + run_fleet_elasticity * log(fleet_h100e) + run_growth * (year - 2023))
- per_flop = last_rental_price / (989e12 * 0.4 * 3600)
- affordable = run_budget_share * (last_bid_training + own_use_budget) * 1e9 / per_flop
run = min(run_planned, affordable) * run_wall / (min(run_planned, affordable) + run_wall)
frontier_flop = max(last_frontier_flop, run)
log_frontier = log(frontier_flop)
- run_cost = run * per_flop / 1e9
""",
    "demand": """
- usefulness_before = log_usefulness if last_usefulness_before > 0 else last_usefulness_before
- usefulness_worth = usefulness_before + usefulness_link * (log_usefulness - usefulness_before)
fullness = last_products_log - products_ceiling_log - usefulness_value * usefulness_worth
- products_room = max(1 - exp(demand_shape * fullness), -0.5)
- adopters_new = adoption_innovation * min(1 / exp(fullness), 10) * max(1 - exp(fullness), 0)
products_growth = growth_inertia * last_products_growth + (1 - growth_inertia) * (products_pace * shape_pace *
    products_room + adopters_new)
products_churn = churn * (1 - usefulness) * last_trial_share
products_wish = last_products_log + products_growth - products_churn
- products_innovation = 0
- products_log = products_wish
- products_drift = 0
- lab_sales_evidence = 0
- new = 1 - exp(-max(products_growth, 0))
trial_share = 0.75 * last_trial_share * (1 - new) + trial_fraction * new
- builds_potential_log = builds_ceiling_log + usefulness_value * usefulness_worth + log(readiness)
builds_growth = growth_inertia * last_builds_growth + (1 - growth_inertia) * builds_pace * shape_pace * max(1 -
    exp(demand_shape * (last_builds_log - builds_potential_log)), -0.5)
builds_log = last_builds_log + builds_growth
compute_cheapness = clip(last_rental_trend - last_rental_log, -0.7, 0.7)
spend_products = exp(products_log + (price_elasticity - 1) * compute_cheapness)
spend_builds = exp(builds_log + (price_elasticity - 1) * compute_cheapness)
""",
    "open_closed": """
- lag_log = last_lag_log + open_lag_reversion * (log(open_lag) - last_lag_log)
lag_months = exp(lag_log)
pace = last_pace + 0.25 * (((capability - last_capability) / 3 if last_capability > 0 else last_pace) -
    last_pace)
model_gap = lag_months * pace
mark_up = min(1 / (price_sensitivity * (1 - (1 - last_open_share) * last_lab_hhi)), log(30))
closed_brand = last_closed_brand + open_share_adjustment * (mark_up - last_closed_brand)
- closed_dearness = exp(gap_pricing * (model_gap - 0.4) + premium_margin_share * (closed_brand - brand_start))
open_relative_price = min(exp(-(gap_pricing * model_gap + closed_brand)), 1)
closed_premium = 1 / open_relative_price - 1
- equal_quality_premium = exp(closed_brand) - 1
cut = premium_margin_share * (closed_brand - brand_start)
advantage = (gap_preference * (model_gap - 0.4) - price_sensitivity * cut) / evaluation_noise
open_share = last_open_share + open_share_adjustment * (1 / (1 + exp(advantage - open_odds)) - last_open_share)
- hosted = open_share * (1 - self_hosting_share) * open_relative_price
- own = open_share * self_hosting_share * open_relative_price * (1 - open_margin)
bill_closed = (1 - open_share) / (1 - open_share + hosted + own)
bill_open = hosted / (1 - open_share + hosted + own)
bill_self = own / (1 - open_share + hosted + own)
open_sales_share = hosted / (1 - open_share + hosted)
""",
    "lab_competition": """
relative_pace = clip(pace / 0.09, 0, 1.5)
- model_loss = model_depreciation * relative_pace
- attached = lab_preference / evaluation_noise * last_lab_hhi * (1 - last_lab_hhi)
- diffused = (lab_diffusion + lab_turnover * model_loss) * (last_lab_hhi - 1 / lab_count)
lab_hhi = clip(last_lab_hhi + attached - diffused, 1 / lab_count, 0.95)
- lab_number = 1 / lab_hhi
- lab_top_share = (1 + sqrt((lab_count - 1) * max(lab_count * lab_hhi - 1, 0))) / lab_count
assistant_part = last_assistant_part + assistant_pace * (assistant_long - last_assistant_part)
maturity = last_maturity + maturity_pace * (1 - last_maturity)
lab_margin = clip(lab_margin_start + (lab_margin_long - lab_margin_start) * maturity + lab_margin_hhi * (lab_hhi
    - lab_hhi_start) + moat_margin * (moat_algorithms - 0.5), 0, 0.9)
reinvestment = lab_reinvestment * (1 - model_upkeep * (1 - min(relative_pace, 1)))
""",
    "cloud_competition": """
gpu_cloud_share = last_gpu_cloud_share + gpu_cloud_pace * (min(gpu_cloud_long * (1 + gpu_cloud_access *
    chip_scarcity), 0.6) - last_gpu_cloud_share)
own_centre_share = last_own_centre_share + own_centre_pace * (own_centre_long * min(last_rental_margin / 0.5, 1)
    - last_own_centre_share)
hyperscaler_share = max(1 - gpu_cloud_share - own_centre_share, 0)
partner_rate = partner_share * hyperscaler_share / (1 - gpu_cloud_start)
sold_utilisation = clip(normal_utilisation * (1 + spot_gain * (gpu_cloud_share - gpu_cloud_start)), 0.05, 0.98)
- operations_rate = cloud_operations_rate * (1 - moat_margin * (moat_scale - 0.5))
""",
    "inference": """
lab_inference = min(max(1 - lab_margin - partner_rate - lab_other_cost, 0.02) * exp(-cost_response *
    compute_cheapness) / closed_dearness, 1.5)
app_inference = min(app_inference_start * exp(app_learning * last_token_price_log - cost_response *
    compute_cheapness), 0.95)
- direct = spend_products * lab_direct_share
end_apps = spend_products - direct
end_open = direct * (1 - assistant_part) * open_sales_share
end_closed = direct - end_open
app_bill = end_apps * app_inference
- api_share = 1 - spend_products * lab_direct_share * assistant_part / (end_closed + app_bill * bill_closed)
bid_closed = (end_closed + app_bill * bill_closed) * lab_inference
- bid_open = (end_open + app_bill * bill_open) * (1 - open_margin)
- bid_self = app_bill * bill_self
wanted = lab_burn * last_lab_cash + reinvestment * max(last_gross_profit_closed_models, 0)
lab_budget = max(min(wanted, last_lab_cash + lab_funding + last_gross_profit_closed_models), 0)
bid_training = lab_budget * lab_compute_share
bid_work = spend_builds * (1 - tooling_spend_share - data_spend_share)
- bid_apps = end_apps * app_experiment_rate * app_experiment_compute
- bid_tooling = tooling_compute * last_revenue_tooling
bids = bid_closed + bid_open + bid_self + bid_training + bid_work + bid_apps + bid_tooling + own_use_budget
- hours = fleet_h100e * 2190 * sold_utilisation * 1e-9
rental_log = last_rental_log + rental_adjustment * (log(bids / hours) - log(rental_start) - last_rental_log)
rental_price = rental_start * exp(rental_log)
bids_served = min(rental_price * hours / bids, 1)
- cloud_utilisation = sold_utilisation * min(bids / (rental_price * hours), 1)
rental_trend = last_rental_trend + 0.25 * (rental_log - last_rental_trend)
small_model_gain = small_model_ceiling - (small_model_ceiling - last_small_model_gain) * small_model_kept
token_price_log = rental_log - log(10) * algorithms - small_model_gain
price_per_mtok = token_price_start * exp(token_price_log)
tokens_used = (end_closed + end_open + app_bill) * 1e15 / (paid_price_start * exp(paid_price_power *
    token_price_log))
tokens_per_task = app_inference / app_inference_start / exp(paid_price_power * token_price_log)
""",
    "ledger": """
pay_cloud_chips = shipments * chip_price / 1e9
pay_chips_foundry = pay_cloud_chips * (1 - chip_margin) * foundry_cost_share
capital_spending = pay_cloud_chips + pay_cloud_chips * (1 / chips_share_of_capital - 1)
- entered = 0.65 * (last_plant_building + capital_spending)
plant_building = last_plant_building + capital_spending - entered
- plant_1 = last_plant_1 - last_plant_1 / hardware_life + entered
- plant_2 = last_plant_2 - last_plant_2 / hardware_life + last_plant_1 / hardware_life
- plant_3 = last_plant_3 - last_plant_3 / hardware_life + last_plant_2 / hardware_life
- plant_4 = last_plant_4 - last_plant_4 / hardware_life + last_plant_3 / hardware_life
depreciation = 0.25 / hardware_life * (last_plant_1 + last_plant_2 + last_plant_3 + last_plant_4)
plant = plant_1 + plant_2 + plant_3 + plant_4
cloud_operations = 0.25 * operations_rate * plant
- cost = (depreciation + cloud_operations) * 1e9 / (fleet_h100e * 2190 * normal_utilisation)
rental_margin = max(1 - cost * (1 + own_use_markup) / rental_price, 0)
own_use = own_use_budget * bids_served * (1 - rental_margin)
- own_saving = own_centre_share * rental_margin
- pay_apps_closed = app_bill * bill_closed
- pay_apps_open = app_bill * bill_open
- pay_apps_cloud = bid_self * bids_served
pay_closed_cloud = bid_closed * bids_served * (1 - own_saving)
- pay_open_cloud = bid_open * bids_served
- pay_end_cloud = bid_work * bids_served
pay_closed_cloud_rd = bid_training * bids_served * (1 - own_saving)
- pay_apps_cloud_rd = bid_apps * bids_served
- pay_tooling_cloud = bid_tooling * bids_served
- tools = tooling_spend_share / (tooling_spend_share + data_spend_share)
- supplies = end_apps * app_supplies
- experiments = end_apps * app_experiment_rate * (1 - app_experiment_compute)
- pay_end_tooling = spend_builds * tooling_spend_share
- pay_end_data = spend_builds * data_spend_share
- pay_apps_tooling = supplies * tools
- pay_apps_data = supplies * (1 - tools)
- pay_apps_tooling_rd = experiments * tools
- pay_apps_data_rd = experiments * (1 - tools)
pay_closed_partner = (end_closed + pay_apps_closed) * partner_rate
- pay_closed_data = lab_budget * lab_data_rate
- pay_closed_tooling = lab_budget * lab_tooling_share
- lab_staff = max(lab_budget - bid_training - pay_closed_data - pay_closed_tooling, 0)
gross_profit_chips = pay_cloud_chips * chip_margin
gross_profit_foundry = pay_chips_foundry * foundry_gross_margin
revenue_cloud = pay_end_cloud + own_use + pay_apps_cloud + pay_apps_cloud_rd + pay_closed_cloud +
    pay_closed_partner + pay_closed_cloud_rd + pay_open_cloud + pay_tooling_cloud
gross_profit_cloud = revenue_cloud - cloud_operations - depreciation
gross_profit_cash_cloud = revenue_cloud - cloud_operations - capital_spending
revenue_closed_models = end_closed + pay_apps_closed
gross_profit_closed_models = revenue_closed_models - pay_closed_cloud - pay_closed_partner - lab_other_cost *
    revenue_closed_models
operating_surplus_closed_models = gross_profit_closed_models - pay_closed_cloud_rd - pay_closed_data -
    pay_closed_tooling - lab_staff
- gross_profit_open_models = end_open + pay_apps_open - pay_open_cloud
- revenue_tooling = pay_end_tooling + pay_apps_tooling + pay_apps_tooling_rd + pay_closed_tooling
gross_profit_tooling = revenue_tooling - pay_tooling_cloud - tooling_cost_share * revenue_tooling
- revenue_data = pay_end_data + pay_apps_data + pay_apps_data_rd + pay_closed_data
gross_profit_data = revenue_data * data_gross_margin
gross_profit_apps = end_apps - pay_apps_closed - pay_apps_open - pay_apps_cloud - pay_apps_tooling -
    pay_apps_data - app_cost_share * end_apps
lab_cash = last_lab_cash + lab_funding + operating_surplus_closed_models + max(-(last_lab_cash + lab_funding +
    operating_surplus_closed_models), 0)
end_spend = end_apps + end_closed + end_open + pay_end_cloud + pay_end_tooling + pay_end_data + own_use
overhang = capital_spending / end_spend
capital_per_gw = capital_spending / max(shipments * kw_new / 1e6, 1e-6)
""",
}
"""What a quarter works out, mechanism by mechanism, in the order of the model."""
