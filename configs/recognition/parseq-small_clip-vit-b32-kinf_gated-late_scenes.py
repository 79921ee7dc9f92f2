"""Seed experiment 3: experiment 1 with late fusion, before the decoder's classifier."""

_base_ = ['./parseq-small_clip-vit-b32-kinf_gated-early_scenes.py']

model = dict(stage='late')
