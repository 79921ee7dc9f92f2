"""Seed experiment 2: experiment 1 with MH-CA mini instead of gated attention."""

_base_ = ['./parseq-small_clip-vit-b32-kinf_gated-early_scenes.py']

model = dict(
    fusion=dict(
        _delete_=True, type='MultiHeadCrossAttention', embed_dim=384, num_heads=6, size='mini'
    )
)
