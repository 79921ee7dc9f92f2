from .parseq_postprocessor import PARSeqPostprocessor

__all__ = ['PARSeqPostprocessor']
