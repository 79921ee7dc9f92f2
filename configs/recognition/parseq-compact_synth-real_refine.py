"""The default recognizer trained further, from ``tools/unpack_spotter.py``'s parts of a spotter.

More scenes, looser crops and more blur than before.
"""

_base_ = ['./parseq-compact_synth-real.py']

load_from = 'work_dirs/default/recognizer.pth'
words = dict(
    _base_.words,
    jitter=0.2,
    crop_pipeline=[
        dict(
            type='RandomPhotometric',
            light_prob=0.6,
            blur_prob=0.3,
            max_blur_sigma_px=1.5,
            noise_prob=0.25,
            invert_prob=0.1,
        )
    ],
)
synthetic = [
    dict(words, data_root=root, ann_file='annotation.json')
    for root in ('data/synthetic/train', 'data/synthetic/train2')
]
icdar2015 = dict(
    words,
    data_root='data/icdar2015_train',
    ann_file='textspotting.json',
    native_size=(720, 1280),
)
word_crops = dict(words, ann_file='textrecog.json', jitter=0.08)
crops = [
    dict(word_crops, data_root='data/word_crops/icdar2015_train'),
    dict(word_crops, data_root='data/word_crops/iiit5k_train'),
]
train_dataloader = dict(
    dataset=dict(
        datasets=[
            *synthetic,
            dict(type='RepeatDataset', dataset=icdar2015, times=5),
            dict(type='RepeatDataset', dataset=crops[0], times=4),
            dict(type='RepeatDataset', dataset=crops[1], times=5),
        ],
    ),
)
optim_wrapper = dict(optimizer=dict(lr=8e-4))
max_iters = 5000
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=100),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
