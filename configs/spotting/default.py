"""The embedded default, as a base of your own spotting configs."""

_base_ = ['../../pipeline/weights/default_spotter.py']
