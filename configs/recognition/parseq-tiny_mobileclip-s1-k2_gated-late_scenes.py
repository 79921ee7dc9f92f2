"""Late gated attention with MobileCLIP-S1, a tower for mobile devices: 1 + 4 x 4 tokens."""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/recognition_finetune.py',
    '../_base_/recognition_scenes.py',
    '../_base_/context_mobileclip-s1.py',
    '../_base_/parseq-tiny.py',
]

model = dict(
    _delete_=True,
    type='ContextRecognizer',
    recognizer=dict(
        _base_.model,
        init_cfg=dict(type='Pretrained', checkpoint='work_dirs/parseq-tiny_words/iter_20000.pth'),
    ),
    context_encoder=dict(_base_.context_encoder, pooling=dict(kernel=2)),
    fusion=dict(type='GatedAttention', embed_dim=192),
    stage='late',
)
