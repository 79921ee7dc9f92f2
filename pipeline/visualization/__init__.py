"""Drawing of results: word outlines and transcripts on images."""

from pipeline.visualization.draw_words import draw_words

__all__ = ['draw_words']
