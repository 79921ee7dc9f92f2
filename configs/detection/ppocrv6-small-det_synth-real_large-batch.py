"""PP-OCRv6's small detector fine-tuned to words on one GPU, all stages but the stem."""

_base_ = ['./ppocrv6-small-det_synth-real.py']

model = dict(backbone=dict(frozen_stages=1))
train_dataloader = dict(batch_size=32, num_workers=14)
max_iters = 8000
optim_wrapper = dict(optimizer=dict(lr=2e-3))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=300),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
