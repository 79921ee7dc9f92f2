"""The default recognizer trained further on a GPU, in batches of about 420 words."""

_base_ = ['./parseq-compact_synth-real_refine.py']

train_dataloader = dict(
    batch_size=128,
    num_workers=8,
    collate_fn=dict(multiple_of=64),
    dataset=dict(
        datasets=[
            dict(_base_.synthetic, data_root='data/synthetic/train6'),
            # A fifth of the words are real.
            dict(type='RepeatDataset', dataset=_base_.icdar2015, times=5),
            dict(type='RepeatDataset', dataset=_base_.crops[0], times=5),
            dict(type='RepeatDataset', dataset=_base_.crops[1], times=5),
        ],
    ),
)
optim_wrapper = dict(optimizer=dict(lr=1.2e-3))
max_iters = 8000
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=200),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
custom_hooks = [
    dict(type='ChannelsLastHook'),
    dict(type='EMAHook', ema_type='ExponentialMovingAverage', momentum=0.001),
]
