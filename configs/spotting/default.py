"""The embedded default, to start one's own spotting configs from."""

_base_ = ['../../pipeline/weights/default_spotter.py']
