"""The default recognizer trained further, from ``tools/unpack_spotter.py``'s parts of a spotter.

Other scenes, looser crops, lower resolution, more blur and stronger augmentation than before.
"""

_base_ = ['./parseq-compact_synth-real.py']

load_from = 'work_dirs/default/recognizer.pth'
looser = dict(
    jitter=0.2,
    crop_pipeline=[
        dict(type='RandomDownscale', prob=0.3),
        dict(
            type='RandomPhotometric',
            light_prob=0.6,
            blur_prob=0.3,
            max_blur_sigma_px=1.5,
            noise_prob=0.25,
            invert_prob=0.1,
        ),
        # Crops have their final size here: nothing that makes them grow.
        dict(
            type='RandAugment',
            num_layers=2,
            magnitude=4,
            operations=[
                'auto_contrast',
                'equalize',
                'posterize',
                'solarize_add',
                'color',
                'contrast',
                'brightness',
                'shear_x',
                'shear_y',
                'translate_y',
            ],
        ),
    ],
)
synthetic = dict(_base_.synthetic, data_root='data/synthetic/train4', **looser)
icdar2015 = dict(_base_.icdar2015, **looser)
crops = [dict(crop_set, **{**looser, 'jitter': 0.08}) for crop_set in _base_.crops]
train_dataloader = dict(
    dataset=dict(
        datasets=[
            synthetic,
            dict(synthetic, data_root='data/synthetic/train5'),
            dict(type='RepeatDataset', dataset=icdar2015, times=8),
            dict(type='RepeatDataset', dataset=crops[0], times=8),
            dict(type='RepeatDataset', dataset=crops[1], times=8),
        ],
    ),
)
optim_wrapper = dict(optimizer=dict(lr=8e-4))
max_iters = 6800
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=100),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
