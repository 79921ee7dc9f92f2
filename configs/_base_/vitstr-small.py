"""ViTSTR-Small (Atienza, ICDAR 2021): the encoder of DeiT-S, 21 M parameters."""

_base_ = ['./vitstr-tiny.py']

model = dict(encoder=dict(embed_dim=384, num_heads=6), decoder=dict(embed_dim=384))
