from pipeline.recognition.postprocessors.parseq_postprocessor import PARSeqPostprocessor

__all__ = ['PARSeqPostprocessor']
