"""The sections of the page, in its order; each is measured in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """Title and first paragraph of a section.

    ``rivals`` puts the rivals' packages on its path and binds its process to one processor.
    """

    title: str
    intro: str
    rivals: bool = False
    long: bool = False


SECTIONS = {
    "hot_loop": Section(
        "Hot loop",
        "The full baseline with all its outputs, one thread, by `stackcast profile`'s timing of parts. The floor is "
        "what the draws, functions, rows and additions of a quarter cost alone, measured in the same process and "
        "rounds.",
    ),
    "mechanisms": Section(
        "By mechanism",
        "Every mechanism's loops merged among themselves and timed on real rows; a run merges across mechanisms, so "
        "the parts need not add up to it.",
    ),
    "rivals": Section(
        "Rivals on the same model",
        "The same baseline with the same outputs (histograms, sums, squares, extremes of every figure), each rival "
        "with its own random numbers. Every contestant is checked before it is timed. One thread: the process is bound "
        "to one processor before anything is imported, so that XLA's pool has one thread as well.",
        rivals=True,
    ),
    "small_job": Section(
        "A common small job",
        "What any Monte Carlo package can do: the product of six lognormals, the logarithms of two of them correlated "
        "(0.6), and forty steps of growth with a rate drawn every step. Asked for are the mean and the 5, 50 and 95 % "
        "quantiles, of the product and of the size after every fourth step. One processor, as above, equal "
        "sample sizes; every answer is compared with the closed form, in standard errors.",
        rivals=True,
    ),
    "scaling": Section(
        "Scaling",
        "Every line of the tables is a process of its own; time is that of the run after one that does not count, "
        "memory the peak of the process. The exponent is that of sizes interleaved in one process.",
    ),
    "startup": Section(
        "Start-up",
        "Whole processes, from the command to its end, compiled code from the disk cache unless said otherwise.",
    ),
    "long": Section("Large runs", "Measured by `make bench-long` only.", long=True),
    "checks": Section(
        "Regression check",
        "`make bench-check` on code that has not changed, again and again. Measured by `make bench-long` only.",
        long=True,
    ),
}
