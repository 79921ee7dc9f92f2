"""The embedded default on the test images of Street View Text."""

_base_ = ['../../pipeline/weights/default_spotter.py', '../_base_/spotting_svt.py']
