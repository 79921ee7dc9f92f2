"""SATRN (Lee et al., CVPR Workshops 2020) in MMOCR's small size, with this project's charset.

Recommended among MMOCR's recognizers for context fusion: its features keep both axes of the crop
and its decoder is autoregressive, so it supports early and late fusion.
"""

_base_ = ['mmocr::textrecog/satrn/_base_satrn_shallow.py']

dictionary = dict(
    _delete_=True,
    type='Dictionary',
    dict_file='{{ fileDirname }}/../../data/dicts/ascii94.txt',
    with_start=True,
    with_end=True,
    same_start_end=True,
    with_padding=True,
    with_unknown=True,
)
model = dict(
    backbone=dict(hidden_dim=256),
    encoder=dict(n_layers=6, d_k=32, d_v=32, d_model=256, d_inner=1024),
    decoder=dict(dictionary=dictionary, d_embedding=256, d_model=256, d_inner=1024, d_k=32, d_v=32),
)
