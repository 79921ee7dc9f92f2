"""The embedded default on the test images of Total-Text."""

_base_ = ['../../pipeline/weights/default_spotter.py', '../_base_/spotting_totaltext.py']
