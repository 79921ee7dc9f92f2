"""Synthetic benchmark of words that only the scene identifies; see ``clipter context-benchmark``.

Six kinds of scenes share patterns such as ``?AKE``. Each kind completes a pattern with its own
word: CAKE in a bakery, LAKE at a harbour. The hidden letter is covered, so a recognizer that sees
only the crop is right in one case of six.
"""

from pipeline.analysis.context.synthetic.benchmark import run_benchmark
from pipeline.analysis.context.synthetic.report import format_table
from pipeline.analysis.context.synthetic.settings import BenchmarkSettings

__all__ = ['BenchmarkSettings', 'format_table', 'run_benchmark']
