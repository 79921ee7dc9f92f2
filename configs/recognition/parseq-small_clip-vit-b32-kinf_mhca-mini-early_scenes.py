"""Seed experiment 2: MH-CA mini in place of the gated attention of experiment 1."""

_base_ = ['./parseq-small_clip-vit-b32-kinf_gated-early_scenes.py']

model = dict(
    fusion=dict(
        _delete_=True, type='MultiHeadCrossAttention', embed_dim=384, num_heads=6, size='mini'
    )
)
