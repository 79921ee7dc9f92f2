"""A detector with a ResNet-50 (26 M parameters) on the compact detector's data, for one GPU.

The backbone starts from oCLIP (Xue et al., ECCV 2022, arXiv 2203.03911), which was pretrained on
images with text. MMEngine downloads MMOCR's weights once and caches them (~/.cache/torch/hub).
``--cfg-options model.backbone.init_cfg.checkpoint=FILE`` loads them from a file. The recipe is that
of DBNet's paper (SGD, polynomial decay). It has not been run to the end, because no GPU was
available.
"""

_base_ = ['./dbnet-compact_synth-ic15.py']

model = dict(
    backbone=dict(
        _delete_=True,
        type='CLIPResNet',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmocr/backbone/resnet50-oclip-7ba0c533.pth',
        ),
    ),
    neck=dict(_delete_=True, type='FPNC', in_channels=[256, 512, 1024, 2048], lateral_channels=256),
    det_head=dict(in_channels=256, module_loss=dict(type='WordGapDBModuleLoss')),
)
load = _base_.load_words
augment = _base_.augment
crop = dict(type='RandomAffineCrop', size=(640, 640), scale_range=(0.5, 2.5))
synthetic = dict(_base_.synthetic, pipeline=[*load, crop, *augment])
icdar2015 = dict(
    _base_.icdar2015,
    pipeline=[*load, dict(crop, flip_prob=0.3, native_size=_base_.icdar2015_size), *augment],
)
train_dataloader = dict(
    batch_size=16,
    num_workers=8,
    dataset=dict(datasets=[synthetic, dict(type='RepeatDataset', dataset=icdar2015, times=6)]),
)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='SGD', lr=0.007, momentum=0.9, weight_decay=1e-4)
)
max_iters = 60000
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=500),
    dict(type='PolyLR', power=0.9, eta_min=1e-7, by_epoch=False, begin=500, end=max_iters),
]
train_cfg = dict(max_iters=max_iters)
custom_hooks = []
