"""The embedded default's recognizer: PP-OCRv6 small, fine-tuned on words of street images.

Convert the published weights (clipter convert-ppocr) and cut the words (clipter cut-words) first;
pipeline/weights/README.md lists the commands.
"""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/ppocrv6-small.py',
    '../_base_/recognition_schedule.py',
]

load_from = 'work_dirs/ppocrv6-small.pth'
# The stem and the first stage are frozen: their features are general.
model = dict(backbone=dict(norm=True, frozen_stages=2), encoder=dict(norm=True))
words = dict(
    type='SceneWordsDataset',
    ann_file='textrecog.json',
    charset=_base_.dictionary,
    max_length=48,
    pipeline=[
        dict(type='LoadSceneImage'),
        dict(type='CutWords', rectifier=_base_.rectifier),
        dict(
            type='TransformCrops',
            transforms=[
                dict(type='RandomDownscale', prob=0.3),
                dict(
                    type='RandomPhotometric',
                    light_prob=0.5,
                    blur_prob=0.25,
                    max_blur_sigma_px=1.5,
                    noise_prob=0.2,
                    invert_prob=0.05,
                ),
                # No translation or rotation: the crops already have a detector's margins.
                dict(
                    type='RandAugment',
                    num_layers=1,
                    magnitude=4,
                    operations=[
                        *['auto_contrast', 'equalize', 'color', 'contrast', 'brightness'],
                        'shear_x',
                    ],
                ),
            ],
        ),
        dict(type='PackSceneWords'),
    ],
)
# Repetitions of each data set. Only the first crops of the synthetic sets are used. Seven of ten
# words are real, because synthetic texts do not have the frequencies of natural words.
repeats = dict(
    synthetic=1,
    latin=1,
    street_words=3,
    icdar2015=3,
    icdar2003=3,
    crops_icdar2015_train=3,
    crops_iiit5k_train=4,
    crops_wire_labels=1,
)
first = dict(synthetic=80_000, latin=24_000)
train_dataloader = dict(
    batch_size=32,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    batch_sampler=dict(type='WidthBatchSampler', at_width=128),
    collate_fn=dict(type='collate_scene_words'),
    dataset=dict(
        type='ConcatDataset',
        verify_meta=False,  # sets that clipter cut-words has not written have other task names
        datasets=[
            dict(
                type='RepeatDataset',
                dataset=dict(words, data_root=f'data/cut/{name}', indices=first.get(name)),
                times=times,
            )
            for name, times in repeats.items()
        ],
    ),
)
max_iters = 5000
optim_wrapper = dict(optimizer=dict(lr=6e-5, weight_decay=0.02), clip_grad=dict(max_norm=5.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.02, by_epoch=False, begin=0, end=200),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', max_iters=max_iters)
val_cfg = None
test_cfg = None
default_hooks = dict(checkpoint=dict(interval=1000, max_keep_ckpts=4))
custom_hooks = [
    dict(type='RestoreNormsHook'),
    dict(type='ChannelsLastHook'),
    dict(
        type='EMAHook',
        ema_type='ExponentialMovingAverage',
        momentum=0.002,
        update_buffers=True,
    ),
]
