"""The embedded default at a third of the pixels: small words are lost."""

_base_ = ['../../pipeline/weights/default_spotter.py']

model = dict(detector=dict(long_side_px=800, coarse_long_sides_px=()))
