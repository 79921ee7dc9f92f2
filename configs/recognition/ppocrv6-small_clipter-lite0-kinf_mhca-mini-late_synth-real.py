"""MH-CA mini with late fusion."""

_base_ = ['./ppocrv6-small_clipter-lite0-kinf_mhca-mini-early_synth-real.py']

model = dict(fusion=dict(embed_dim=120), stage='late')
