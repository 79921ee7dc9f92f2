"""SATRN (Lee et al., CVPR Workshops 2020) on the frozen backbone of the embedded default.

MMOCR's encoder with two layers and its autoregressive decoder with one layer.
"""

_base_ = ['./lcnet.py']

dictionary = dict(
    type='Dictionary',
    dict_file='{{ fileDirname }}/../../data/dicts/ascii94.txt',
    with_start=True,
    with_end=True,
    same_start_end=True,
    with_padding=True,
    with_unknown=True,
)
layers = dict(n_head=6, d_k=64, d_v=64, d_model=384, d_inner=512, dropout=0.1)
model = dict(
    type='EncoderDecoderRecognizer',
    data_preprocessor=_base_.crops,
    backbone=_base_.backbone,
    encoder=dict(type='SATRNEncoder', n_layers=2, n_position=100, **layers),
    decoder=dict(
        type='NRTRDecoder',
        n_layers=1,
        d_embedding=384,
        max_seq_len=26,
        dictionary=dictionary,
        module_loss=dict(type='CEModuleLoss', flatten=True, ignore_first_char=True),
        postprocessor=dict(type='AttentionPostprocessor'),
        **layers,
    ),
)
