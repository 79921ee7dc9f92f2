"""The embedded default on the test photos of ICDAR 2013."""

_base_ = ['../../pipeline/weights/default_spotter.py', '../_base_/spotting_icdar2013.py']
