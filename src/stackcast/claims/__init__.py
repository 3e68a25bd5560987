"""Claims: statements about a trajectory, read from text and judged on every trajectory of a run."""

from .answers import Answer, Rare
from .asking import ask
from .comparing import Comparison, Difference, compare
from .rare import ask_rare
from .theses import Thesis, Verdict, by_claim, judge, read_theses

__all__ = [
    "Answer",
    "Comparison",
    "Difference",
    "Rare",
    "Thesis",
    "Verdict",
    "ask",
    "ask_rare",
    "by_claim",
    "compare",
    "judge",
    "read_theses",
]
