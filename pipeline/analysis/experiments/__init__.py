"""The experiments and checks of CLIPTER (arXiv 2301.07464) as one resumable run."""

from pipeline.analysis.experiments.experiments import run_experiments
from pipeline.analysis.experiments.pages import report_experiments
from pipeline.analysis.experiments.settings import Settings

__all__ = ['Settings', 'report_experiments', 'run_experiments']
