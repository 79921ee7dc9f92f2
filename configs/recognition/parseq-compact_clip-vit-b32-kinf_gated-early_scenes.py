"""The compact PARSeq with only CLIP's class token (k = infinity), gated attention, early.

Fine-tunes the plain recognizer of parseq-compact_words.py.
"""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/recognition_finetune.py',
    '../_base_/recognition_scenes.py',
    '../_base_/context_clip-vit-b32.py',
    '../_base_/parseq-compact.py',
]

model = dict(
    _delete_=True,
    type='ContextRecognizer',
    recognizer=dict(
        _base_.model,
        init_cfg=dict(
            type='Pretrained', checkpoint='work_dirs/parseq-compact_words/iter_20000.pth'
        ),
    ),
    context_encoder=dict(_base_.context_encoder, pooling=dict(kernel='inf')),
    fusion=dict(type='GatedAttention', embed_dim=192),
    stage='early',
)
