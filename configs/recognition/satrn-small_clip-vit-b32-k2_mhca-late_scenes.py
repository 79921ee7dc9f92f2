"""MH-CA before the classifier of SATRN's autoregressive decoder, applied at every step."""

_base_ = ['./satrn-small_clip-vit-b32-kinf_gated-early_scenes.py']

model = dict(
    context_encoder=dict(pooling=dict(kernel=2)),
    fusion=dict(
        _delete_=True, type='MultiHeadCrossAttention', embed_dim=256, num_heads=8, size='full'
    ),
    stage='late',
)
