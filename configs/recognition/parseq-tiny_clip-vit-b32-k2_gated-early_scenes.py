"""Gated attention with ViT-B-32, whose patches are pooled two by two: 1 + 4 x 4 tokens."""

_base_ = ['./parseq-tiny_clip-vit-b32_mhca-early_scenes.py']

model = dict(
    context_encoder=dict(pooling=dict(kernel=2)),
    fusion=dict(_delete_=True, type='GatedAttention', embed_dim=192),
)
