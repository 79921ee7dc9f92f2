"""Pictures of results: words outlined in their photo, with their transcripts."""

from .draw_words import draw_words

__all__ = ['draw_words']
