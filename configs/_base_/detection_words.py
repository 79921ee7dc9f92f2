"""Data and schedule that fine-tune a detector from lines of text to words.

data/README.md describes the data sets.
"""

_base_ = ['./default_runtime.py', './datasets/detection_images.py']

module_loss = dict(
    type='WordGapDBModuleLoss',
    # Words of 10 px are common in street images; the default of 8 px ignores them.
    min_sidelength=4,
    shrink_ratio=0.6,
    weight_gap=3.0,
    hard_share=0.1,
)
crop = dict(
    type='RandomAffineCrop',
    size=(512, 512),
    scale_range=(0.5, 2.0),
    max_angle_deg=12.0,
    turn_prob=0.3,
    steep_prob=0.25,
)


def images(dataset, times=1, indices=None, **changes):
    """A repeated data set; ``changes`` are options of its RandomAffineCrop."""
    pipeline = [
        *_base_.load_words,
        dict(crop, **changes),
        dict(type='RandomPhotometric'),
        _base_.pack_words,
    ]
    return dict(
        type='RepeatDataset', dataset=dict(dataset, indices=indices, pipeline=pipeline), times=times
    )


train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='ConcatDataset',
        verify_meta=False,  # scenes and images have different task names
        # The last images of each real set are held out for choosing thresholds and sizes.
        datasets=[
            images(
                _base_.icdar2015,
                times=10,
                indices=840,
                flip_prob=0.3,
                native_size=_base_.icdar2015_size,
            ),
            images(
                dict(_base_.icdar2015, data_root='data/street_words'),
                times=6,
                indices=1500,
                flip_prob=0.3,
            ),
            images(
                dict(_base_.icdar2015, data_root='data/icdar2003_train'),
                times=5,
                indices=180,
                flip_prob=0.3,
            ),
            images(_base_.synthetic),
            images(dict(_base_.synthetic, data_root='data/synthetic/latin'), indices=1000),
            images(_base_.textless, times=5),
        ],
    ),
)
optim_wrapper = dict(
    type='BFloat16OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-4),
    clip_grad=dict(max_norm=5.0),
)
max_iters = 3400
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=100),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters)
default_hooks = dict(checkpoint=dict(interval=200, max_keep_ckpts=3))
custom_hooks = [
    dict(type='RestoreNormsHook'),
    dict(type='ChannelsLastHook'),
    dict(type='EMAHook', ema_type='ExponentialMovingAverage', momentum=0.002, update_buffers=True),
]
