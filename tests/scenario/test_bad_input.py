"""Everything wrong with a scenario file is one line: file, field, what was given, what is allowed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackcast.errors import ScenarioError
from stackcast.scenario import load_scenario


def prior(body: str) -> str:
    return f'[priors]\nx = {{ {body}, unit = "1", source = "s" }}'


def correlated(body: str) -> str:
    both = "\n".join(f'{name} = {{ dist = "normal", mean = 0, sd = 1, unit = "1", source = "s" }}' for name in "xy")
    return f'[priors]\n{both}\n[correlations.c]\nsource = "s"\n{body}'


# (text, parts of the one line that must come)
BAD = [
    # names and types
    ("[runs]\na = 1", ["runs", "unknown key; did you mean 'run'?"]),
    ("[run]\ntrajectores = 5", ["run.trajectores = 5", "did you mean 'trajectories'?"]),
    ("run = 3", ["run = 3", "must be a table"]),
    ('[run]\ntrajectories = "many"', ["run.trajectories = many", "must be a whole number"]),
    ("[run]\ntrajectories = 1.5", ["run.trajectories = 1.5", "must be a whole number"]),
    ("[run]\ntrajectories = true", ["run.trajectories = True", "must be a whole number"]),
    ("[run]\ntrajectories = 0", ["run.trajectories = 0", "greater than or equal to 1"]),
    ("[run]\nseed = -1", ["run.seed = -1", "greater than or equal to 0"]),
    ("[horizon]\nstart = 2023", ["horizon.start = 2023", "must be a string"]),
    ('[horizon]\nstart = "2023Q5"', ["horizon.start = 2023Q5", 'must be a quarter such as "2027Q3"']),
    ('[horizon]\nend = "2022Q4"', ["horizon.end = 2022Q4", "1 to 400 quarters from horizon.start = 2023Q1"]),
    ('name = "a/b"', ["name = a/b", "must match"]),
    ("[outputs]\ndiscount_rate = 7", ["outputs.discount_rate = 7", "less than or equal to 1"]),
    ('[outputs]\nquarterly = ["shares"]', ["outputs.quarterly = shares: unknown metric; allowed are none"]),
    # priors
    ("[priors]\nx = 3", ["priors.x = 3", "must be a table with dist, unit and source"]),
    ("[priors]\n'x y' = { value = 1, unit = '1', source = 's' }", ["priors.x y", "a name is letters"]),
    ("[priors]\nx = { value = 1, unit = '1' }", ["priors.x.source", "is missing"]),
    ("[priors]\nx = { value = 1, source = 's' }", ["priors.x.unit", "is missing"]),
    ("[priors]\nx = { value = 1, source = '', unit = '1' }", ["priors.x.source", "at least 1 character"]),
    ("[priors]\nx = { value = 1, source = 's', unit = 'USD_b' }", ["unit = USD_b", "did you mean 'USD_bn'?"]),
    ("[priors]\nx = { value = 1, source = 's', unit = '1', as_of = 'May' }", ["priors.x.as_of = May", "valid date"]),
    (prior('dist = "lognorml", p5 = 1, p95 = 2'), ["priors.x.dist = lognorml", "did you mean 'lognormal'?"]),
    (prior("p5 = 1, p95 = 2"), ["priors.x.dist", "is missing; one of lognormal"]),
    (prior('dist = "lognormal", mu = 1, sigm = 2'), ["priors.x.sigm = 2", "did you mean 'sigma'?"]),
    (prior('dist = "lognormal", mu = 1'), ["priors.x.sigma", "is missing"]),
    (prior('dist = "lognormal", mu = 1, sigma = 0'), ["priors.x.sigma = 0", "greater than 0"]),
    (prior('dist = "lognormal", mu = 1, median = 2, sigma = 1'), ["priors.x.mu", "give mu or median"]),
    (prior('dist = "lognormal", p5 = "a", p95 = 2'), ["priors.x.p5 = a", "must be a valid number"]),
    (prior('dist = "lognormal", p5 = nan, p95 = 2'), ["priors.x.p5 = nan", "must be a finite number"]),
    (prior('dist = "lognormal", p5 = 1, p95 = inf'), ["priors.x.p95 = inf", "must be a finite number"]),
    (prior('dist = "lognormal", p5 = 3, p95 = 2'), ["priors.x.p95 = 2", "quantiles must rise"]),
    (prior('dist = "lognormal", p5 = -3, p95 = 2'), ["priors.x = -3", "must be above 0"]),
    (prior('dist = "lognormal", p5 = 3'), ["priors.x", "a lognormal needs 2 quantiles"]),
    (prior('dist = "lognormal", p0 = 3, p95 = 4'), ["priors.x.p0", "between 0 and 1"]),
    (prior('dist = "lognormal", p5 = 1, p95 = 1e300'), ["priors.x", "too large for a number"]),
    (prior('dist = "lognormal"'), ["priors.x", "in exactly one way", "found nothing"]),
    (prior('dist = "normal", mean = 1, sd = 1, p5 = 2'), ["priors.x", "in exactly one way", "and its own parameters"]),
    (prior('dist = "normal", interval = [3, 1], level = 0.9'), ["priors.x.interval", "below the upper"]),
    (prior('dist = "normal", interval = [1, 3], level = 90'), ["priors.x.level = 90", "less than 1"]),
    (prior('dist = "normal", interval = [1, 3]'), ["priors.x.level", "is missing"]),
    (prior('dist = "normal", interval = [1, 2, 3], level = 0.9'), ["priors.x.interval", "at most 2 items"]),
    (prior('dist = "normal", mean = 1, sd = 1, level = 0.9'), ["priors.x.level = 0.9", "goes with interval"]),
    (prior('dist = "normal", quantiles = [[0.1, 1], [0.1, 2]]'), ["priors.x.quantiles", "given twice"]),
    (prior('dist = "normal", quantiles = [[5, 1], [95, 2]]'), ["priors.x.quantiles = 5", "between 0 and 1"]),
    (prior('dist = "normal", mean = 0, sd = 1, low = 3, high = 2'), ["priors.x.low = 3", "must be below high (2)"]),
    (prior('dist = "normal", mean = 0, sd = 1, low = 9'), ["priors.x.low", "less than a millionth"]),
    (prior('dist = "normal", mean = 1e308, sd = 1e308'), ["priors.x", "too large for a number"]),
    (prior('dist = "uniform", min = 2, max = 1'), ["priors.x.min", "must be below max"]),
    (prior('dist = "uniform", min = 0, max = 1, low = 2'), ["priors.x.low", "inside the distribution"]),
    (prior('dist = "triangular", min = 0, mode = 5, max = 1'), ["priors.x.mode = 5", "between min and max"]),
    (prior('dist = "triangular", p5 = 0, p95 = 1'), ["priors.x", "3 quantiles, or two and the mode"]),
    (prior('dist = "triangular", p5 = 0, p50 = 0.99, p95 = 1'), ["priors.x", "no triangular distribution"]),
    (prior('dist = "beta", p5 = 0.5, p95 = 1.5'), ["priors.x = 1.5", "between min and max"]),
    (prior('dist = "gamma", shape = 1'), ["priors.x.scale", "give scale or mean"]),
    (prior('dist = "student_t", loc = 0, scale = 1'), ["priors.x.df", "is missing"]),
    (prior('dist = "student_t", df = 0.01, loc = 0, scale = 1'), ["priors.x", "no finite value"]),
    (prior('dist = "discrete", values = [1, 2]'), ["priors.x.weights", "give weights"]),
    (prior('dist = "discrete", values = [1, 2], weights = [1]'), ["priors.x.weights", "one for each of 2 values"]),
    (prior('dist = "discrete", values = [1, 2], weights = [0, 0]'), ["priors.x.weights", "above 0"]),
    (prior('dist = "discrete", values = [1, 2], weights = [1, -1]'), ["weights.1 = -1", "greater than or equal to 0"]),
    (prior('dist = "discrete", values = [1, 2], probabilities = [0.6, 0.6]'), ["probabilities", "must sum to 1"]),
    (prior('dist = "mixture", weights = [1], components = [3]'), ["priors.x.components.0 = 3", "a table with dist"]),
    (
        prior('dist = "mixture", weights = [1], components = [{dist = "normal", mean = 1}]'),
        ["priors.x.components.0.sd", "is missing"],
    ),
    (
        prior('dist = "mixture", weights = [1], components = [{dist = "discrete"}]'),
        ["priors.x.components.0.dist = discrete", "must be one of lognormal"],
    ),
    (prior('dist = "empirical", column = "a", file = "no.csv"'), ["priors.x.file = no.csv", "no such file"]),
    (prior('dist = "empirical", column = "a", file = "no.xls"'), ["priors.x.file = no.xls", ".csv or .parquet"]),
    # correlations
    (correlated('between = ["x", "y"]\nrank = 1.5'), ["correlations.c.rank = 1.5", "less than or equal to 1"]),
    (correlated('between = ["x", "z"]\nrank = 0.5'), ["correlations.c.between = z", "unknown prior"]),
    (correlated('between = ["x"]\nrank = 0.5'), ["correlations.c.between", "at least 2 items"]),
    (correlated('between = ["x", "x"]\nrank = 0.5'), ["correlations.c.between", "names a prior twice"]),
    (correlated('between = ["x", "y"]'), ["correlations.c.rank", "give rank or matrix"]),
    (correlated('between = ["x", "y"]\nmatrix = [[1, 0.5]]'), ["correlations.c.matrix", "2 rows of 2 numbers"]),
    (correlated('between = ["x", "y"]\nmatrix = [[1, 0.5], [0.4, 1]]'), ["correlations.c.matrix", "symmetric"]),
    (correlated('between = ["x", "y"]\nmatrix = [[2], [0.4, 1]]'), ["c.matrix.0.0 = 2", "less than or equal to 1"]),
    (correlated('between = ["x", "y"]\nmatrix = [[0.5], [0.4, 1]]'), ["correlations.c.matrix", "diagonal must be 1"]),
    (
        correlated('between = ["x", "y"]\nrank = 0.1\n[correlations.d]\nbetween = ["y", "x"]\nrank = 0\nsource = "s"'),
        ["between", "also given by correlations."],
    ),
    ("[[correlations]]\nrank = 0.5", ["correlations.0", "must be a table with between"]),
    # the file itself
    ("a = 1\na = 2", ["line 2 = a = 2", "given twice"]),
    ("[run]\nseed = 1\n[run]\nseed = 2", ["line 3 = [run]", "given twice"]),
    ("x = " + "9" * 6000, ["line 1 = an integer of 6,000 digits", "must lie within"]),
    ("x = 0x" + "f" * 6000, ["x = an integer of 24,000 bits", "must lie within"]),
    ("x = 9223372036854775808", ["x = an integer of 64 bits", "must lie within"]),
    ("x = " + "[" * 5000, ["nested too deep"]),
    ("x = " + "[" * 40 + "]" * 40, ["nested too deep; 12 levels"]),
    ("x = " + "{a=" * 30 + "1" + "}" * 30, ["nested too deep; 12 levels"]),
    ("a" + ".a" * 100_000 + " = 1", ["line 1", "longer than 8,000 characters"]),
    ("a" + ".a" * 3000 + " = 1", ["line 1", "nested too deep"]),
    ("[a" + ".a" * 100 + "]", ["line 1", "nested too deep"]),
    ("x = ", ["line 1 = x =", "not valid TOML"]),
    ("x = 'open", ["line 1", "not valid TOML"]),
    ("\x00", ["line 1", "not valid TOML"]),
    ("\ufeff[run]", ["line 1", "byte order mark"]),
    ("# " + "\n#" * 600_000, ["1,200,002 bytes", "may have 1,000,000"]),
]  # fmt: skip


def label(text: str) -> str:
    return text[:60].replace("\n", " ").replace("\x00", "NUL")


@pytest.mark.parametrize(("text", "parts"), BAD, ids=[f"{k}: {label(text)}" for k, (text, _) in enumerate(BAD)])
def test_bad_input_is_one_line_that_names_it(files, text, parts):
    with pytest.raises(ScenarioError) as caught:
        files.load(text)
    message = str(caught.value)
    assert message.startswith(f"{files.folder / 's.toml'}: ")
    assert "\n" not in message
    assert len(message) < 500
    for part in parts:
        assert part in message


def test_a_missing_file_a_folder_and_a_binary_file_are_refused(files):
    for name, content, said in (
        ("gone.toml", None, "no such file"),
        ("binary.toml", b"\x89PNG\r\n\x1a\n\xff\xfe", "not text in UTF-8"),
        ("wide.toml", "[run]".encode("utf-16"), "byte order mark"),
    ):
        if content is not None:
            (files.folder / name).write_bytes(content)
        with pytest.raises(ScenarioError, match=said):
            load_scenario(files.folder / name, registry={})
    with pytest.raises(ScenarioError, match="is a folder"):
        load_scenario(files.folder, registry={})
    for path in ("x" * 5000, "a\0b"):
        with pytest.raises(ScenarioError):
            load_scenario(path, registry={})


DRAW_FILES = {
    "no rows": ("a\n", "at least one row"),
    "unknown column": ("b\n1\n", "unknown column of d.csv; did you mean"),
    "not a number": ("a\n1\nx\n", "row 2 of the data is x"),
    "nan": ("a\n1\nnan\n", "must hold finite numbers"),
    "ragged": ("a,b\n1\n", "row 2 has 1 fields, the header 2"),
    "twice": ("a,a\n1,2\n", "two columns of the same name"),
}


@pytest.mark.parametrize("key", DRAW_FILES)
def test_bad_files_of_draws_are_refused(files, key):
    content, said = DRAW_FILES[key]
    files.write(content.replace("b\n1", "aa\n1"), "d.csv")
    with pytest.raises(ScenarioError) as caught:
        files.load(prior('dist = "empirical", file = "d.csv", column = "a"'))
    assert said in str(caught.value)


def test_a_broken_parquet_file_is_refused(files):
    (files.folder / "d.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(ScenarioError, match="is not a Parquet table"):
        files.load(prior('dist = "empirical", file = "d.parquet", column = "a"'))


WORDS = """run priors x dist lognormal normal p5 p95 low unit source correlations between rank extends mechanisms order
events value interval level quantiles horizon start trajectories file empirical mixture components weights tokens
2023Q1"""
SCALARS = """true false 1e6 -0.0 5e-324 1e308 [1,3] [[0.1,1],[0.9,2]] {} [] 1979-05-27"""
KEYS = """p5 p95 p50 interval level quantiles mu sigma median mean sd min max mode shape alpha beta scale df loc values
weights low high"""
FAMILIES = """lognormal normal uniform triangular pert beta gamma student_t discrete"""
_WORDS = st.sampled_from(WORDS.split())
_SCALARS = st.one_of(
    _WORDS.map(lambda word: f'"{word}"'),
    st.integers().map(str),
    st.floats().map(repr),
    st.text(max_size=8).map(lambda text: f'"{text}"'),
    st.sampled_from(SCALARS.split()),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(_WORDS, inner, max_size=5).map(
            lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
        ),
    ),
    max_leaves=12,
)
_LINES = st.one_of(
    st.tuples(st.lists(_WORDS, min_size=1, max_size=3), _VALUES).map(lambda pair: f"{'.'.join(pair[0])} = {pair[1]}"),
    st.lists(_WORDS, min_size=1, max_size=3).map(lambda words: f"[{'.'.join(words)}]"),
    st.text(max_size=20),
)
_KEYS = st.sampled_from(KEYS.split())
_FAMILIES = st.sampled_from(FAMILIES.split())
_FUZZ = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def outcome(path, registry) -> str:
    """The one line of the error, empty for a scenario; anything else is raised."""
    try:
        assert load_scenario(path, registry=registry).hash()
    except ScenarioError as problem:
        return str(problem)
    return ""


@_FUZZ
@given(lines=st.lists(_LINES, max_size=8))
def test_any_text_is_a_scenario_or_one_line(files, lines):
    path = files.folder / "fuzz.toml"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    assert "\n" not in outcome(path, files.registry)


@_FUZZ
@given(table=st.dictionaries(_KEYS, _SCALARS, max_size=4), dist=_FAMILIES)
def test_any_prior_is_a_finite_distribution_or_one_line(files, table, dist):
    body = "".join(f"{key} = {value}, " for key, value in table.items())
    path = files.folder / "fuzz.toml"
    text = f'[priors]\nx = {{ dist = "{dist}", {body}unit = "1", source = "s" }}'
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert "\n" not in outcome(path, {})
