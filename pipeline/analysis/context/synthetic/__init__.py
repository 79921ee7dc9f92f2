"""A benchmark in which only the scene tells which word it is; see ``tools/context_benchmark.py``.

Six kinds of scenes share patterns such as ``?AKE``, of which each kind has its own word: CAKE at
the bakery, LAKE at the harbour. The letter is covered, so a crop alone allows one guess in six.
"""

from pipeline.analysis.context.synthetic.benchmark import run_benchmark
from pipeline.analysis.context.synthetic.report import format_table
from pipeline.analysis.context.synthetic.settings import BenchmarkSettings

__all__ = ['BenchmarkSettings', 'format_table', 'run_benchmark']
