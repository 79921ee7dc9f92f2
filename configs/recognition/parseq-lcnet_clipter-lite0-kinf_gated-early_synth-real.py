"""Gated attention to one scene vector in PARSeq on the frozen backbone of the embedded default.

Fine-tunes the plain recognizer of parseq-lcnet_synth-real.py.
"""

_base_ = ['../_base_/parseq-lcnet.py', '../_base_/lcnet_scenes.py']

model = dict(
    _delete_=True,
    type='ContextRecognizer',
    recognizer=dict(
        _base_.model,
        init_cfg=dict(
            type='Pretrained', checkpoint='work_dirs/parseq-lcnet_synth-real/iter_5000.pth'
        ),
    ),
    context_encoder=dict(_base_.context_encoder, pooling=dict(kernel='inf')),
    fusion=dict(type='GatedAttention', embed_dim=192),
    stage='early',
)
