"""Further training of the default detector, from the output of ``clipter unpack-spotter``.

Adds words at the scales used in inference, words on walls seen from the side, new synthetic scenes,
more real images, and images without text. The stem and the first stage are frozen: their features
are general, and freezing them saves a quarter of the time.
"""

_base_ = ['./dbnet-compact_synth-ic15.py']

load_from = 'work_dirs/default/detector.pth'
model = dict(
    backbone=dict(frozen_stages=1),
    det_head=dict(module_loss=dict(type='WordGapDBModuleLoss', weight_gap=3.0, hard_share=0.1)),
)
augment = _base_.augment
crop_size = _base_.crop_size
synthetic = dict(
    _base_.synthetic,
    data_root='data/synthetic/train3',
    pipeline=[
        *_base_.load_words,
        dict(
            type='RandomAffineCrop',
            size=crop_size,
            scale_range=(0.6, 2.8),
            max_angle_deg=15.0,
            turn_prob=0.3,
            steep_prob=0.25,
        ),
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
            scale_range=(0.7, 2.6),
            max_angle_deg=15.0,
            turn_prob=0.4,
            steep_prob=0.25,
            flip_prob=0.3,
            native_size=_base_.icdar2015_size,
        ),
        *augment,
    ],
)
textless = dict(
    _base_.textless,
    pipeline=[
        *_base_.load_words,
        dict(type='RandomAffineCrop', size=crop_size, scale_range=(0.5, 2.0)),
        *augment,
    ],
)
train_dataloader = dict(
    dataset=dict(
        verify_meta=False,  # scenes and images have different task names
        datasets=[
            synthetic,
            dict(synthetic, data_root='data/synthetic/train4'),
            dict(type='RepeatDataset', dataset=icdar2015, times=16),
            dict(type='RepeatDataset', dataset=textless, times=8),
        ],
    ),
)
optim_wrapper = dict(optimizer=dict(lr=6e-4))
max_iters = 1800
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=50),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
custom_hooks = [dict(type='ChannelsLastHook')]
