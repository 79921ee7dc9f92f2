"""CLIPTER on the embedded default's recognizer: MH-CA between encoder and decoder.

To start from the plain recognizer, add to ``model.recognizer``: ``init_cfg=dict(
    type='Pretrained', checkpoint='work_dirs/parseq-compact_synth-real/iter_8000.pth')``.
"""

_base_ = ['./parseq-compact_synth-real.py']

model = dict(
    _delete_=True,
    type='ContextRecognizer',
    recognizer=_base_.model,
    context_encoder=dict(
        type='ClipImageEncoder', arch='ViT-B-32', pretrained='openai', pooling=dict(kernel=1)
    ),
    fusion=dict(
        type='MultiHeadCrossAttention', embed_dim=192, context_dim=768, num_heads=6, size='full'
    ),
    stage='early',
)
synthetic = dict(_base_.synthetic, with_image=True)
icdar2015 = dict(_base_.icdar2015, with_image=True)
train_dataloader = dict(
    dataset=dict(
        datasets=[
            synthetic,
            dict(type='RepeatDataset', dataset=icdar2015, times=4),
            # Word crops have no scene: their rows skip the fusion.
            dict(type='RepeatDataset', dataset=_base_.crops[0], times=4),
            dict(type='RepeatDataset', dataset=_base_.crops[1], times=4),
        ],
    ),
)
optim_wrapper = dict(
    paramwise_cfg=dict(
        custom_keys={
            # At alpha = 0 nothing else of the fusion learns: it has to move soon, and to stay.
            'fusion.gate.alpha': dict(lr_mult=10.0, decay_mult=0.0),
        },
    ),
)
