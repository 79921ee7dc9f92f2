"""``recognition_schedule`` for fine-tuning: fewer iterations and a lower learning rate."""

_base_ = ['./recognition_schedule.py']

max_iters = 10000
optim_wrapper = dict(optimizer=dict(lr=2e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.02, by_epoch=False, begin=0, end=200),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters, val_interval=2500)
