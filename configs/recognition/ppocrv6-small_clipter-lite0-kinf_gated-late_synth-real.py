"""``gated-early`` with late fusion, before the classifier of the CTC decoder."""

_base_ = ['./ppocrv6-small_clipter-lite0-kinf_gated-early_synth-real.py']

model = dict(fusion=dict(embed_dim=120), stage='late')
