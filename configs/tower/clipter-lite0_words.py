"""The embedded context encoder: EfficientNet-Lite0 of ImageNet, trained on the words of images.

Write the ImageNet weights (clipter pack-tower) first; pipeline/weights/README.md lists the
commands.
"""

_base_ = ['../_base_/default_runtime.py']

model = dict(
    type='ClipPretrainer',
    weights='work_dirs/clipter-lite0_imagenet.safetensors',
    trained_stages=1,
)
# The last 90 images of ICDAR 2015's training images are held out for the choice of settings.
photos = dict(
    type='PhotoCaptionsDataset',
    sources=[
        dict(data_root='data/icdar2015_train', ann_file='textspotting.json', indices=(0, 810)),
        dict(data_root='data/icdar2003_train', ann_file='textspotting.json'),
        # Pseudo-labels of clipter label-words.
        dict(data_root='data/street_words', ann_file='textspotting.json'),
    ],
)
train_dataloader = dict(
    batch_size=128,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(photos, views=2, shuffle_words=True),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='PhotoCaptionsDataset',
        sources=[
            dict(
                data_root='data/icdar2015_train',
                ann_file='textspotting.json',
                indices=(810, 900),
            ),
        ],
    ),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(
        type='PhotoCaptionsDataset',
        sources=[dict(data_root='data/icdar2015_dev', ann_file='textspotting.json')],
    ),
)
val_evaluator = dict(type='CaptionRetrievalMetric', gallery=50)
test_evaluator = val_evaluator
max_iters = 300
optim_wrapper = dict(
    type='BFloat16OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, betas=(0.9, 0.98), weight_decay=0.1),
    clip_grad=dict(max_norm=1.0),
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        bias_decay_mult=0.0,
        custom_keys={
            'clip.visual.trunk': dict(lr_mult=0.1),
            'clip.logit_scale': dict(decay_mult=0.0),
        },
    ),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=20),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters, val_interval=50)
val_cfg = dict()
test_cfg = dict()
default_hooks = dict(
    logger=dict(interval=10),
    checkpoint=dict(interval=50, max_keep_ckpts=2),
)
custom_hooks = [dict(type='FrozenFeaturesHook', folder='work_dirs/frozen_features')]
