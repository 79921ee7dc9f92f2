"""The embedded default on the test photos of ICDAR 2015."""

_base_ = ['../../pipeline/weights/default_spotter.py', '../_base_/spotting_icdar2015.py']
