"""Training of the default detector with wider kernels, from ``clipter unpack-spotter``'s output.

A kernel with shrink ratio 0.4 has a sixth of its word's height, and expanding it multiplies errors
of its border by six. A kernel with ratio 0.6 multiplies them by three. The recipe is for batches of
64: eight processes share one GPU, and each computes the targets of its own eight crops.

    torchrun --nproc_per_node 8 -m pipeline.cli train CONFIG --launcher pytorch
"""

_base_ = ['./dbnet-compact_synth-ic15_refine.py']

model = dict(
    backbone=dict(frozen_stages=-1),
    det_head=dict(module_loss=dict(shrink_ratio=0.6)),
)
train_dataloader = dict(
    dataset=dict(
        datasets=[
            dict(_base_.synthetic, data_root='data/synthetic/train6'),
            dict(type='RepeatDataset', dataset=_base_.icdar2015, times=8),
            dict(type='RepeatDataset', dataset=_base_.textless, times=6),
        ],
    ),
)
optim_wrapper = dict(optimizer=dict(lr=2e-3))
max_iters = 2400
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=200),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
