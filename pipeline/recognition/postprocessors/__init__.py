import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split
from pipeline.recognition.postprocessors.parseq_postprocessor import PARSeqPostprocessor

__all__ = ['PARSeqPostprocessor']
