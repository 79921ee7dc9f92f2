"""The embedded default's recognizer on your own photos: ``clipter train NAME --data MY_FOLDER``.

``--data`` replaces data/own, prepares the annotations (``clipter prepare-dataset own``), cuts the
words (``clipter cut-words``), and unpacks the embedded default if work_dirs/default is missing.
"""

_base_ = ['./ppocrv6-small_synth-real.py']

load_from = 'work_dirs/default/recognizer.pth'
train_dataloader = dict(dataset=dict(_delete_=True, **_base_.words, data_root='data/own/cut'))
max_iters = 1000
optim_wrapper = dict(optimizer=dict(lr=3e-5))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.02, by_epoch=False, begin=0, end=50),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
default_hooks = dict(checkpoint=dict(interval=250))
