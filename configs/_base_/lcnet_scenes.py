"""``lcnet_words`` with the image of each crop, for training with the embedded context encoder."""

_base_ = ['./lcnet_words.py']

context_encoder = dict(type='ClipImageEncoder', arch='clipter-lite0', pretrained='embedded')
# The fusion gets no gradient from a batch without images, so DDP has to allow unused parameters.
find_unused_parameters = True
words = dict(
    _base_.words, pipeline=[*_base_.words.pipeline[:-1], dict(_base_.pack, with_image=True)]
)
train_dataloader = dict(
    dataset=dict(
        datasets=[
            dict(
                type='RepeatDataset', dataset=dict(words, data_root=f'data/cut/{name}'), times=times
            )
            for name, times in _base_.repeats.items()
        ],
    ),
)
max_iters = 2000
optim_wrapper = dict(
    optimizer=dict(lr=6e-4), paramwise_cfg=dict(custom_keys={'recognizer': dict(lr_mult=0.3)})
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.02, by_epoch=False, begin=0, end=50),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
