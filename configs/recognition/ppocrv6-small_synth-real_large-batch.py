"""The default recognizer's recipe for one GPU, with larger batches and more iterations."""

_base_ = ['./ppocrv6-small_synth-real.py']

train_dataloader = dict(batch_size=192, num_workers=12, batch_sampler=dict(max_batch_size=512))
optim_wrapper = dict(optimizer=dict(lr=3e-4))
max_iters = 12000
param_scheduler = [
    dict(type='LinearLR', start_factor=0.02, by_epoch=False, begin=0, end=500),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
