"""As ``mhca-early``, with the scene at the decoder's features, before its classifier."""

_base_ = ['./parseq-tiny_clip-vit-b32_mhca-early_scenes.py']

model = dict(stage='late')
