"""The embedded default's detector, first half of its training: synthetic scenes and ICDAR 2015."""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/dbnet-compact.py',
    '../_base_/datasets/detection_images.py',
]

crop_size = (512, 512)
augment = [dict(type='RandomPhotometric'), _base_.pack_words]
synthetic = dict(
    _base_.synthetic,
    pipeline=[
        *_base_.load_words,
        dict(type='RandomAffineCrop', size=crop_size, scale_range=(0.6, 1.6)),
        *augment,
    ],
)
icdar2015 = dict(
    _base_.icdar2015,
    pipeline=[
        *_base_.load_words,
        dict(
            type='RandomAffineCrop',
            size=crop_size,
            scale_range=(0.5, 2.0),
            flip_prob=0.3,
            native_size=_base_.icdar2015_size,
        ),
        *augment,
    ],
)
train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    # Real and synthetic images have about the same frequency.
    dataset=dict(
        type='ConcatDataset',
        verify_meta=False,  # scenes and images have different task names
        datasets=[synthetic, dict(type='RepeatDataset', dataset=icdar2015, times=6)],
    ),
)
optim_wrapper = dict(
    type='BFloat16OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-4),
    clip_grad=dict(max_norm=5.0),
)
max_iters = 2000  # the second half is dbnet-compact_synth-ic15_finetune.py
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=200),
    dict(type='CosineAnnealingLR', T_max=3000, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters)
custom_hooks = [
    dict(type='ChannelsLastHook'),
    dict(type='EMAHook', ema_type='ExponentialMovingAverage', momentum=0.002, update_buffers=False),
]
