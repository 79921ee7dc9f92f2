"""Decisions after recognition: words are joined, completed, found in gaps, and read again.

The detector decides first where words are. The recognizer can correct it: two boxes can contain one
word, a letter can be missing at an end, and a gap between two words can contain a further word. The
modules of this package read crops of these places and compare the texts.
"""
