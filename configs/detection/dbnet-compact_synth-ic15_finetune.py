"""The embedded default's detector, second half of its training: more real images.

Starts from the first half's weights. Weights are not averaged, because the learning rate ends near
zero.
"""

_base_ = ['./dbnet-compact_synth-ic15.py']

load_from = 'work_dirs/dbnet-compact_synth-ic15/iter_2000.pth'
max_iters = 2400
train_dataloader = dict(
    dataset=dict(
        datasets=[
            _base_.synthetic,
            dict(type='RepeatDataset', dataset=_base_.icdar2015, times=10),
        ],
    ),
)
optim_wrapper = dict(optimizer=dict(lr=6e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=50),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
custom_hooks = [dict(type='ChannelsLastHook')]
