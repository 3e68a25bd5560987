"""Commands and options as typer sees them, and the parser's complaints in our one-line form.

Every value is taken as text and checked by us: the parser's own conversions would speak with another voice, and load
pydantic for `--help`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from .._version import __version__
from ..errors import StackcastError, shorten
from .process import Stopper

app = typer.Typer(
    name="stackcast",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Monte Carlo forecasts of the value captured by every layer of the generative-AI stack.",
    epilog="Results go to stdout, progress and messages to stderr. Exit code 2: bad input, in one line.",
)


def call(arguments: Sequence[str], stopper: Stopper) -> int:
    """Parse and run one command line; the exit code, or an exception that `conclude` knows."""
    given, group = _claims_apart(list(arguments)), get_command(app)
    try:
        with _context(group, given, stopper) as context:
            return int(context.command.invoke(context) or 0)
    except typer.Exit as end:
        return end.exit_code
    except TyperException as error:
        raise StackcastError(_usage(error, given, group)) from None


_VALUED = ("--trajectories", "--seed", "--threads", "--set")


def _claims_apart(arguments: list[str]) -> list[str]:
    """A claim may begin with a minus: a space before it, which `asking.ask` takes off, tells it from an option."""
    if arguments[:1] != ["ask"]:
        return arguments
    before = ["", *arguments]
    return [
        f" {text}" if re.match(r"-[^-h]|-h.", text) and before[k] not in _VALUED else text
        for k, text in enumerate(arguments)
    ]


def _context(group: Any, arguments: list[str], stopper: Stopper) -> typer.Context:
    """The parsed command line.

    A command is parsed directly: on its way there the group would build a pydantic adapter for its own options, and
    `stackcast run --help` would wait for it.
    """
    chosen = group.commands.get(arguments[0]) if arguments else None
    if chosen is None:
        return group.make_context("stackcast", arguments, obj=stopper)
    parent = typer.Context(group, info_name="stackcast", obj=stopper, **group.context_settings)
    return chosen.make_context(arguments[0], arguments[1:], parent=parent)


def _usage(error: Any, arguments: list[str], group: Any) -> str:
    """The parser's complaint: what was given, what is allowed. Its exceptions are told apart by what they carry."""
    command = group.commands.get(arguments[0], group) if arguments else group
    path = "stackcast" if command is group else f"stackcast {arguments[0]}"
    options = [*(name for option in command.params for name in option.opts if name.startswith("--")), "--help"]
    allowed = f"allowed: {', '.join(getattr(command, 'commands', options))}; see `{path} --help`"
    said = error.format_message().rstrip(".")
    if hasattr(error, "possibilities"):
        near = f", did you mean {error.possibilities[0]}?" if error.possibilities else ""
        return f"{shorten(error.option_name)}: unknown option{near}: {allowed}"
    if hasattr(error, "option_name"):
        return f"{error.option_name}: {said.partition(chr(39) + ' ')[2] or said}: see `{path} --help`"
    if getattr(error, "param", None) is not None:
        return f"{error.param.display_name_raw}: not given: see `{path} --help`"
    return f"{said}: {allowed}"


def _version(given: bool) -> None:
    if given:
        print(f"stackcast {__version__}")
        raise typer.Exit


@app.callback()
def stackcast(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Monte Carlo forecasts of the value captured by every layer of the generative-AI stack."""


def _text(flag: str, metavar: str, text: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=text, show_default=False)


_TRAJECTORIES = _text("--trajectories", "N", "Futures to draw; 1e6 is accepted.")
_SEED = _text("--seed", "S", "Seed; the scenario's (fixed) one if not given.")
_THREADS = _text("--threads", "K", "Threads; the process's cores if not given.")
_SAMPLING = _text("--sampling", "KIND", "How futures are drawn: independent, sobol or lattice.")
_SET = _text("--set", "PATH=VALUE", "Override a field, for example priors.hardware_life.value=5.")
_UNTIL = _text(
    "--until", "TARGET", 'Draw until an error is small enough, for example "se(share[chips] @ 2030) <= 0.0005".'
)
_MIN = _text("--min-trajectories", "N", "With --until: futures of the first round (65,536).")
_MAX = _text("--max-trajectories", "N", "With --until: most futures to draw (1e8).")
_QUIET = typer.Option("--quiet", help="No progress and no messages.")
_ALLOW_CODE = typer.Option("--allow-code", help="Load the Python files of mechanisms that a scenario names.")


@app.command()
def run(
    context: typer.Context,
    scenario: Annotated[
        list[str], typer.Argument(metavar="SCENARIO", help="Scenario files (TOML), or one run folder to repeat.")
    ],
    trajectories: Annotated[str | None, _TRAJECTORIES] = None,
    seed: Annotated[str | None, _SEED] = None,
    threads: Annotated[str | None, _THREADS] = None,
    chunk: Annotated[str | None, _text("--chunk", "C", "Most futures a unit of work; never changes a number.")] = None,
    out: Annotated[str | None, _text("--out", "DIR", "Run folder; runs/NAME-SEED-HASH if not given.")] = None,
    sample: Annotated[str | None, _text("--sample", "M", "Futures to keep in full (the first M; 5,000).")] = None,
    sampling: Annotated[str | None, _SAMPLING] = None,
    until: Annotated[list[str] | None, _UNTIL] = None,
    min_trajectories: Annotated[str | None, _MIN] = None,
    max_trajectories: Annotated[str | None, _MAX] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing run folder.")] = False,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no pictures.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the manifest instead of the tables.")] = False,
    quiet: Annotated[bool, _QUIET] = False,
    allow_code: Annotated[bool, _ALLOW_CODE] = False,
) -> int:
    """Draw joint futures of a scenario and store them, or repeat a stored run and compare digests.

    With several scenarios, --out names the folder that gets one run folder for each, and --json prints a list.
    """
    from . import running

    request = running.Request(
        trajectories=trajectories,
        seed=seed,
        threads=threads,
        chunk=chunk,
        out=out,
        sample=sample,
        sampling=sampling,
        until=tuple(until or ()),
        min_trajectories=min_trajectories,
        max_trajectories=max_trajectories,
        settings=tuple(settings or ()),
        force=force,
        no_figures=no_figures,
        json=json,
        quiet=quiet,
        allow_code=allow_code,
    )
    return running.run(scenario, request, context.obj)


@app.command()
def ask(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file (TOML).")],
    claims: Annotated[list[str], typer.Argument(metavar="CLAIM", help='Claims, such as "share[chips] > 0.4 @ 2030".')],
    trajectories: Annotated[str | None, _TRAJECTORIES] = None,
    seed: Annotated[str | None, _SEED] = None,
    threads: Annotated[str | None, _THREADS] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    against: Annotated[str | None, _text("--against", "SCENARIO", "What other(...) in a claim speaks of.")] = None,
    rare: Annotated[
        str | None, _text("--rare", "PRIOR,...", "Priors to draw where a claim is met: for probabilities below 1e-4.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a list of answers as JSON.")] = False,
    quiet: Annotated[bool, _QUIET] = False,
    allow_code: Annotated[bool, _ALLOW_CODE] = False,
) -> int:
    """Put claims to every trajectory of a run and print their probabilities, or the distribution of a number.

    A condition stands after `|`. The language is described in docs/claims.md.
    """
    from . import asking

    request = asking.Request(trajectories, seed, threads, tuple(settings or ()), json, quiet, allow_code)
    return asking.ask(scenario, claims, request, against, rare)


@app.command()
def compare(
    scenario: Annotated[
        list[str], typer.Argument(metavar="SCENARIO", help="Two or more scenario files; the first is the base.")
    ],
    trajectories: Annotated[str | None, _TRAJECTORIES] = None,
    seed: Annotated[str | None, _SEED] = None,
    threads: Annotated[str | None, _THREADS] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    figure: Annotated[str | None, _text("--figure", "FILE", "Draw the differences (png, svg, pdf).")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print all differences as JSON.")] = False,
    quiet: Annotated[bool, _QUIET] = False,
    allow_code: Annotated[bool, _ALLOW_CODE] = False,
) -> int:
    """Run scenarios over the same futures and print how layers' shares and profits differ, with the error of that.

    Size and seed come from the first scenario when they are not given; --set holds for all of them.
    """
    from . import asking

    request = asking.Request(trajectories, seed, threads, tuple(settings or ()), json, quiet, allow_code)
    return asking.compare(scenario, request, figure)


@app.command()
def theses(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file (TOML).")],
    claims: Annotated[
        str | None,
        _text("--claims", "DIR", "Folder of claim files (`theses` beside the scenario, else the shipped one)."),
    ] = None,
    trajectories: Annotated[str | None, _TRAJECTORIES] = None,
    seed: Annotated[str | None, _SEED] = None,
    threads: Annotated[str | None, _THREADS] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a list of claims with their probabilities.")] = False,
    quiet: Annotated[bool, _QUIET] = False,
    allow_code: Annotated[bool, _ALLOW_CODE] = False,
) -> int:
    """Judge the claims of essays on every trajectory of a run: probability, error, conditional variants."""
    from . import asking

    request = asking.Request(trajectories, seed, threads, tuple(settings or ()), json, quiet, allow_code)
    return asking.theses(scenario, claims, request)


_OBSERVATIONS = _text(
    "--observations", "FILE", "Your own observations: a CSV table of the record's columns; repeatable."
)
_PARTICLES = _text("-n", "N", "Particles: guided futures that are weighed.")


@app.command()
def calibrate(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file (TOML).")],
    as_of: Annotated[str, _text("--as-of", "DATE", "What was known at this date counts, such as 2025-12-31.")],
    particles: Annotated[str | None, _PARTICLES] = None,
    members: Annotated[str | None, _text("--members", "M", "Rows of the ensemble; 1,024 if not given.")] = None,
    out: Annotated[
        str | None, _text("--out", "FILE", "The ensemble (.parquet); NAME-DATE.parquet if not given.")
    ] = None,
    observations: Annotated[list[str] | None, _OBSERVATIONS] = None,
    public_only: Annotated[
        bool, typer.Option("--public-only", help="No data sets of later vintage: only what was public at the date.")
    ] = False,
    seed: Annotated[str | None, _text("--seed", "S", "Seed of all draws; 1 if not given.")] = None,
    threads: Annotated[str | None, _THREADS] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    quiet: Annotated[bool, _QUIET] = False,
    allow_code: Annotated[bool, _ALLOW_CODE] = False,
) -> int:
    """Condition a scenario on the record: an ensemble of parameters and state, and a report of what was learned.

    A calibration that was stopped goes on where it was. A scenario uses the file by `ensemble = "FILE"`.
    """
    from . import asking, calibrating

    request = asking.Request(None, seed, threads, tuple(settings or ()), json, quiet, allow_code)
    files = tuple(observations or ())
    return calibrating.calibrate(scenario, as_of, particles, members, out, files, public_only, request)


@app.command()
def backtest(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file (TOML).")],
    cutoffs: Annotated[
        list[str] | None, _text("--cutoff", "DATE", "Forecast from what was public at this date; repeatable.")
    ] = None,
    particles: Annotated[str | None, _PARTICLES] = None,
    out: Annotated[str | None, _text("--out", "DIR", "Folder of the report; backtest-NAME if not given.")] = None,
    observations: Annotated[list[str] | None, _OBSERVATIONS] = None,
    keep_width: Annotated[
        bool, typer.Option("--keep-width", help="Do not widen priors that are newer than a cut-off.")
    ] = False,
    pooled: Annotated[
        bool, typer.Option("--pooled", help="Forecast by the model and a random walk in equal parts.")
    ] = False,
    seed: Annotated[str | None, _text("--seed", "S", "Seed of all draws; 1 if not given.")] = None,
    threads: Annotated[str | None, _THREADS] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a list of forecasts and outcomes as JSON.")] = False,
    quiet: Annotated[bool, _QUIET] = False,
    allow_code: Annotated[bool, _ALLOW_CODE] = False,
) -> int:
    """Forecast at dates of the past from what was public then, and score what followed, against naive rivals."""
    from . import asking, calibrating

    request = asking.Request(None, seed, threads, tuple(settings or ()), json, quiet, allow_code)
    choice = calibrating.Choice(tuple(cutoffs or ()), particles, out, tuple(observations or ()), not keep_width, pooled)
    return calibrating.backtest(scenario, choice, request)


@app.command()
def history(
    series: Annotated[str | None, _text("--series", "NAME", "One series, row by row.")] = None,
    entity: Annotated[str | None, _text("--entity", "NAME", "One company or model.")] = None,
    as_of: Annotated[str | None, _text("--as-of", "DATE", "Only what was public at this date.")] = None,
    observations: Annotated[list[str] | None, _OBSERVATIONS] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Draw the record into a picture.")] = False,
    out: Annotated[
        str, _text("--out", "FILE", "That picture (.png, .svg, .pdf); history.png if not given.")
    ] = "history.png",
    json: Annotated[bool, typer.Option("--json", help="Print rows as JSON.")] = False,
) -> int:
    """The shipped record: series, spans, when they became public; with --series its rows."""
    from . import history as command

    return command.history(series, entity, as_of, tuple(observations or ()), out if plot else None, json)


@app.command()
def profile(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file (TOML).")],
    trajectories: Annotated[
        str | None, _text("--trajectories", "N", "Futures timed in each of 15 rounds; 7,680 if not given.")
    ] = None,
    seed: Annotated[str | None, _SEED] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a list of parts as JSON.")] = False,
    quiet: Annotated[bool, _QUIET] = False,
    allow_code: Annotated[bool, _ALLOW_CODE] = False,
) -> int:
    """Time a scenario part by part on one thread: draws, every mechanism, derived figures, aggregation.

    Prints microseconds a trajectory: the median of 15 interleaved rounds, and the smallest and largest.
    """
    from . import asking, profiling

    request = asking.Request(trajectories, seed, None, tuple(settings or ()), json, quiet, allow_code)
    return profiling.profile(scenario, request)


@app.command()
def show(
    run_folder: Annotated[str, typer.Argument(metavar="RUN", help="A run folder.")],
    metric: Annotated[str | None, _text("--metric", "NAME", "One metric, for example share.")] = None,
    layer: Annotated[str | None, _text("--layer", "NAME", "One layer, or `market`.")] = None,
    year: Annotated[str | None, _text("--year", "YEAR", "One period: a year, 2030Q3 or 2023-2035.")] = None,
    grouped: Annotated[bool, typer.Option("--grouped", help="Four groups instead of eight layers.")] = False,
    format_: Annotated[str, _text("--format", "table|csv|json", "How to print it; a table if not given.")] = "table",
) -> int:
    """Print the results of a stored run: its tables, or the figures chosen by metric, layer and year."""
    from . import showing

    return showing.show(run_folder, metric=metric, layer=layer, year=year, grouped=grouped, how=format_)


@app.command()
def schema() -> int:
    """Print the JSON Schema of the scenario file."""
    from . import showing

    return showing.schema()
