"""``mhca-early`` with late fusion, before the decoder's classifier."""

_base_ = ['./parseq-tiny_clip-vit-b32_mhca-early_scenes.py']

model = dict(stage='late')
