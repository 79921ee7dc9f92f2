"""A detector of ResNet-50 class, for one GPU: synthetic scenes and ICDAR 2015 training photos.

The recipe is that of DBNet's paper (SGD, polynomial decay) on this project's data. It was never
run to its end here: no GPU was at hand.
"""

_base_ = ['../_base_/default_runtime.py', '../_base_/dbnet-medium.py']

crop_size = (640, 640)
load = [
    dict(type='LoadImageFromFile', color_type='color_ignore_orientation'),
    dict(type='LoadOCRAnnotations', with_polygon=True, with_bbox=True, with_label=True),
]
augment = [
    dict(type='RandomPhotometric'),
    dict(type='PackTextDetInputs', meta_keys=('img_path', 'ori_shape', 'img_shape')),
]
crop = dict(type='RandomAffineCrop', size=crop_size, scale_range=(0.5, 2.5))
synthetic = dict(
    type='OCRDataset',
    data_root='data/synthetic/train',
    ann_file='annotation.json',
    pipeline=[*load, crop, *augment],
)
icdar2015 = dict(
    type='OCRDataset',
    data_root='data/icdar2015_train',
    ann_file='textdet.json',
    # Photos stored at another size than the cameras' are brought back to it.
    pipeline=[*load, dict(crop, flip_prob=0.3, native_size=(720, 1280)), *augment],
)
train_dataloader = dict(
    batch_size=16,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='ConcatDataset',
        datasets=[synthetic, dict(type='RepeatDataset', dataset=icdar2015, times=6)],
    ),
)
optim_wrapper = dict(
    type='BFloat16OptimWrapper',
    optimizer=dict(type='SGD', lr=0.007, momentum=0.9, weight_decay=1e-4),
    clip_grad=dict(max_norm=5.0),
)
max_iters = 60000
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=500),
    dict(type='PolyLR', power=0.9, eta_min=1e-7, by_epoch=False, begin=500, end=max_iters),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters)
