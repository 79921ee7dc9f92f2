"""PARSeq-S, the paper's default (Bautista & Atienza, ECCV 2022): 24 M parameters."""

_base_ = ['./parseq-tiny.py']

model = dict(encoder=dict(embed_dim=384, num_heads=6), decoder=dict(embed_dim=384, num_heads=12))
