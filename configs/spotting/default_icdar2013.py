"""The embedded default on the test images of ICDAR 2013."""

_base_ = ['../../pipeline/weights/default_spotter.py', '../_base_/spotting_icdar2013.py']
