"""A benchmark in which only the scene tells which word it is; see ``tools/context_benchmark.py``.

Six kinds of scenes share patterns such as ``?AKE``, of which each kind has its own word: CAKE at
the bakery, LAKE at the harbour. The letter is covered, so a crop alone allows one guess in six.
"""

from pipeline.context_benchmark.benchmark import run_benchmark
from pipeline.context_benchmark.report import format_table
from pipeline.context_benchmark.settings import BenchmarkSettings

__all__ = ['BenchmarkSettings', 'format_table', 'run_benchmark']
