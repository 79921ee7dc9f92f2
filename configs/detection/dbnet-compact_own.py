"""The embedded default's detector on your own photos: ``clipter train NAME --data MY_FOLDER``.

``--data`` replaces data/own, prepares the annotations (``clipter prepare-dataset own``), and
unpacks the embedded default if work_dirs/default is missing.
"""

_base_ = ['./dbnet-compact_synth-ic15_refine.py']

own = dict(
    type='OCRDataset',
    data_root='data/own',
    ann_file='textdet.json',
    pipeline=[
        *_base_.load_words,
        dict(
            type='RandomAffineCrop',
            size=_base_.crop_size,
            scale_range=(0.6, 2.4),
            max_angle_deg=12.0,
            turn_prob=0.2,
            steep_prob=0.2,
        ),
        *_base_.augment,
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
