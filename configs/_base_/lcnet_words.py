"""Training data and schedule of the recognizers on the backbone of ``lcnet.py``.

The crops are those of the embedded default, at one width.
"""

_base_ = ['./default_runtime.py', './recognition_schedule.py']

charset = (
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
    '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
)
# The preprocessor of lcnet.py adds 32 columns: 48 x 160 px.
rectifier = dict(type='Rectifier', size=(48, 128))
pack = dict(type='PackSceneWords')
words = dict(
    type='SceneWordsDataset',
    ann_file='textrecog.json',
    charset=charset,
    max_length=25,
    pipeline=[
        dict(type='LoadSceneImage'),
        dict(type='CutWords', rectifier=rectifier),
        pack,
    ],
)
repeats = dict(synthetic=1, street_words=2, icdar2015=2, icdar2003=2)
train_dataloader = dict(
    batch_size=64,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    collate_fn=dict(type='collate_scene_words'),
    dataset=dict(
        type='ConcatDataset',
        verify_meta=False,
        datasets=[
            dict(
                type='RepeatDataset', dataset=dict(words, data_root=f'data/cut/{name}'), times=times
            )
            for name, times in repeats.items()
        ],
    ),
)
max_iters = 5000
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.02, by_epoch=False, begin=0, end=200),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', max_iters=max_iters)
val_cfg = None
test_cfg = None
default_hooks = dict(checkpoint=dict(interval=1000))
# Crops without random transforms: the features of each are computed once.
custom_hooks = [dict(type='FrozenBackboneHook', folder='work_dirs/frozen_backbone')]
