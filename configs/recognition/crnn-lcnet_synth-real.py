"""CRNN on the frozen backbone of the embedded default.

Write the default's weights first: clipter unpack-spotter --out work_dirs/default. data/cut is
described in pipeline/weights/README.md.
"""

_base_ = ['../_base_/crnn-lcnet.py', '../_base_/lcnet_words.py']
