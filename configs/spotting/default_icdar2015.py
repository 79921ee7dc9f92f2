"""The embedded default on the test images of ICDAR 2015."""

_base_ = ['../../pipeline/weights/default_spotter.py', '../_base_/spotting_icdar2015.py']
