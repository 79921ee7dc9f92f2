"""Third stage of the default detector: more iterations and a stronger gap loss."""

_base_ = ['./ppocrv6-small-det_synth-real.py']

load_from = 'work_dirs/ppocrv6-small-det_synth-real_refine/iter_2000.pth'
model = dict(det_head=dict(module_loss=dict(weight_gap=0.7, hard_share=0.5)))
optim_wrapper = dict(optimizer=dict(lr=6e-4))
max_iters = 1400
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=60),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
