"""CLIPTER on the default recognizer: gated attention to one scene vector, before the encoder.

Starts from the embedded default. Its backbone and the tower are frozen. Each crop has the tokens of
the image that it was cut from:

    clipter unpack-spotter --out work_dirs/default
    clipter extract-context CONFIG --out data/context
    clipter train CONFIG --context-cache data/context

data/cut is described in pipeline/weights/README.md.
"""

_base_ = ['./ppocrv6-small_synth-real.py', '../_base_/context_clipter-lite0.py']

load_from = None
model = dict(
    _delete_=True,
    type='ContextRecognizer',
    recognizer=dict(
        _base_.model,
        # A frozen backbone keeps the batch norms folded.
        backbone=dict(_base_.model.backbone, norm=False, frozen_stages=4),
        init_cfg=dict(type='Pretrained', checkpoint='work_dirs/default/recognizer.pth'),
    ),
    context_encoder=dict(_base_.context_encoder, pooling=dict(kernel='inf')),
    fusion=dict(type='GatedAttention', embed_dim=384),
    stage='early',
)
pack = dict(type='PackSceneWords', with_image=True)
repeats = dict(icdar2015=2, icdar2003=2, street_words=2, synthetic=1)
train_dataloader = dict(
    dataset=dict(
        datasets=[
            dict(
                type='RepeatDataset',
                dataset=dict(
                    _base_.words,
                    data_root=f'data/cut/{name}',
                    pipeline=[*_base_.words.pipeline[:-1], pack],
                    indices={'synthetic': 24_000}.get(name),
                ),
                times=times,
            )
            for name, times in repeats.items()
        ],
    ),
)
max_iters = 2000
# The fusion starts from random weights, the recognizer from trained ones.
optim_wrapper = dict(
    optimizer=dict(lr=6e-4),
    paramwise_cfg=dict(custom_keys={'recognizer': dict(lr_mult=0.1)}),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.02, by_epoch=False, begin=0, end=50),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
# No average of weights: the schedule ends near 0, and an average would hold back the gate.
custom_hooks = [dict(type='RestoreNormsHook'), dict(type='ChannelsLastHook')]
