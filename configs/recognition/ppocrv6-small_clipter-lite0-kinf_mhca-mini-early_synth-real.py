"""MH-CA mini instead of gated attention."""

_base_ = ['./ppocrv6-small_clipter-lite0-kinf_gated-early_synth-real.py']

model = dict(
    fusion=dict(
        _delete_=True, type='MultiHeadCrossAttention', embed_dim=384, num_heads=6, size='mini'
    )
)
