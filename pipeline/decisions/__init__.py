"""Decisions after recognition: words are joined, completed, found in gaps, and read again.

The detector decides first where words are. The recognizer sees more: whether two boxes contain one
word, whether a letter is missing at an end, and whether a gap between two words contains a further
one. The modules of this package read the crops that answer these questions.
"""
