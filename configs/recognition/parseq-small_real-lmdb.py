"""PARSeq-S on its authors' real training data with their schedule; 20 epochs on one GPU.

Put their LMDBs (github.com/baudm/parseq, Datasets.md) into data/word_crops/parseq with their
folders, train/real/ArT/train/data.mdb to val/SVT/data.mdb. The first command converts them to
3.3 million crops and JSON:

    clipter prepare-dataset word-lmdb --root data/word_crops/parseq --splits train_real val
    clipter train configs/recognition/parseq-small_real-lmdb.py
    torchrun --nproc_per_node 2 -m pipeline.cli train recognition/parseq-small_real-lmdb \
        --launcher pytorch --cfg-options train_dataloader.batch_size=192

This recipe has not been run, because the data were not available. Texts with spaces or non-ASCII
characters, which the authors normalize, are ignored here. To start from the authors' weights, set
model.init_cfg; load_from does not work, because weight averaging needs a full checkpoint.
"""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/recognition_schedule.py',
    '../_base_/recognition_words.py',
    '../_base_/parseq-small.py',
]

# All LMDBs under train/real, including its folders val and test, which the authors train on.
# The benchmarks are in test/ next to train/ and are not used here.
train_sets = [
    *['ArT_train', 'ArT_val', 'COCOv2.0_train', 'COCOv2.0_val'],
    *['LSVT_train', 'LSVT_val', 'LSVT_test', 'MLT19_train', 'MLT19_val', 'MLT19_test'],
    *[f'OpenVINO_{part}' for part in ('train_1', 'train_2', 'train_5', 'train_f', 'validation')],
    *['RCTW17_train', 'RCTW17_val', 'RCTW17_test', 'ReCTS_train', 'ReCTS_val', 'ReCTS_test'],
    *['TextOCR_train', 'TextOCR_val', 'Uber_train', 'Uber_val'],
]
val_sets = ['IC13', 'IC15', 'IIIT5k', 'SVT']
crops = dict(type='OCRDataset', data_root='data/word_crops/parseq')
resize = dict(
    type='Resize',
    scale=_base_.crop_size,
    keep_ratio=False,
    interpolation='bicubic',
    backend='pillow',
)
pack = [resize, _base_.pack[-1]]
augmented = [*_base_.load, dict(type='RandAugment', num_layers=3, magnitude=5), *pack]
train_dataloader = dict(
    batch_size=384,
    num_workers=8,
    dataset=dict(
        _delete_=True,
        type='ConcatDataset',
        datasets=[
            dict(crops, ann_file=f'textrecog_train_real_{name}.json', pipeline=augmented)
            for name in train_sets
        ],
    ),
)
val_words = dict(
    type='ConcatDataset',
    datasets=[
        dict(
            crops,
            ann_file=f'textrecog_val_{name}.json',
            test_mode=True,
            pipeline=[*_base_.load, *pack],
        )
        for name in val_sets
    ],
)
# Not rounded up, because padding would count words twice.
in_order = dict(type='DefaultSampler', shuffle=False, round_up=False)
val_dataloader = dict(
    batch_size=384, num_workers=4, sampler=in_order, dataset=dict(val_words, _delete_=True)
)
test_dataloader = dict(
    batch_size=384, num_workers=4, sampler=in_order, dataset=dict(val_words, _delete_=True)
)

epoch = 8484
max_iters = 20 * epoch
# The authors use 7e-4 for 256 words, scaled with the batch size, and Adam without weight decay.
lr = 7e-4 * 384 / 256
optim_wrapper = dict(optimizer=dict(lr=lr, weight_decay=0.0))
# One-cycle schedule for three quarters of the run, then a constant learning rate. The weights at
# the ends of the last five epochs are averaged.
param_scheduler = [
    dict(
        type='OneCycleLR',
        eta_max=lr,
        total_steps=max_iters,
        pct_start=0.075,
        by_epoch=False,
        end=15 * epoch,
    )
]
custom_hooks = [
    dict(type='EMAHook', ema_type='StochasticWeightAverage', begin_iter=16 * epoch, interval=epoch)
]
train_cfg = dict(max_iters=max_iters, val_interval=epoch // 4)
default_hooks = dict(checkpoint=dict(interval=epoch // 4))
