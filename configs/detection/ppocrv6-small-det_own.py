"""The embedded default's detector on your own images: ``clipter train NAME --data MY_FOLDER``.

``--data`` replaces data/own, prepares the annotations (``clipter prepare-dataset own``), and
unpacks the embedded default if work_dirs/default is missing.
"""

_base_ = ['./ppocrv6-small-det_synth-real_refine.py']

load_from = 'work_dirs/default/detector.pth'
own = dict(
    type='OCRDataset',
    data_root='data/own',
    ann_file='textdet.json',
    pipeline=[
        dict(type='LoadImageFromFile', color_type='color_ignore_orientation'),
        dict(type='LoadOCRAnnotations', with_polygon=True, with_bbox=True, with_label=True),
        _base_.crop,
        dict(type='RandomPhotometric'),
        dict(type='PackTextDetInputs', meta_keys=('img_path', 'ori_shape', 'img_shape')),
    ],
)
train_dataloader = dict(dataset=dict(_delete_=True, **own))
# A smaller rate than in the default's own training, which this run must not undo.
optim_wrapper = dict(optimizer=dict(lr=2e-4))
max_iters = 1000
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=50),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
