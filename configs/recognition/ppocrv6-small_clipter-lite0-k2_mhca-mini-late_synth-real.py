"""``mhca-mini-late`` with patches pooled two by two: 1 + 4 x 4 tokens."""

_base_ = ['./ppocrv6-small_clipter-lite0-kinf_mhca-mini-late_synth-real.py']

model = dict(context_encoder=dict(pooling=dict(kernel=2)))
