"""CLIPTER (arXiv 2301.07464) on PARSeq-Ti: MH-CA between encoder and decoder, every patch kept.

To fine-tune a trained PARSeq, add to ``model.recognizer``:
``init_cfg=dict(type='Pretrained', checkpoint='work_dirs/parseq-tiny_words/iter_20000.pth')``.
"""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/recognition_schedule.py',
    '../_base_/recognition_scenes.py',
    '../_base_/parseq-tiny.py',
]

model = dict(
    _delete_=True,
    type='ContextRecognizer',
    recognizer=_base_.model,
    context_encoder=dict(
        type='ClipImageEncoder',
        arch='ViT-B-32',
        pretrained='openai',
        pooling=dict(kernel=1),
    ),
    fusion=dict(
        type='MultiHeadCrossAttention',
        embed_dim=192,
        context_dim=768,
        num_heads=3,
        size='full',
    ),
    stage='early',
)
optim_wrapper = dict(
    paramwise_cfg=dict(
        custom_keys={
            # At alpha = 0 nothing else of the fusion learns: it has to move soon, and to stay.
            'fusion.gate.alpha': dict(lr_mult=10.0, decay_mult=0.0),
        },
    ),
)
