"""ViTSTR-Base (Atienza, ICDAR 2021): the encoder of DeiT-B, 85 M parameters."""

_base_ = ['./vitstr-tiny.py']

model = dict(encoder=dict(embed_dim=768, num_heads=12), decoder=dict(embed_dim=768))
