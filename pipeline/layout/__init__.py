"""Lines, blocks and reading order of the words of an image."""

from pipeline.layout.arrange import arrange_words
from pipeline.layout.page import Block, Line, Page

__all__ = ['Block', 'Line', 'Page', 'arrange_words']
