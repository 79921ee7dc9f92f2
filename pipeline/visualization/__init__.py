"""Pictures of results: words outlined in their photo, with their transcripts."""

from pipeline.visualization.draw_words import draw_words

__all__ = ['draw_words']
