"""AdamW with warm-up and cosine schedule; no decay of biases, norms and learned positions."""

max_iters = 20000
optim_wrapper = dict(
    type='BFloat16OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01),
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        bias_decay_mult=0.0,
        custom_keys={
            'pos_embed': dict(decay_mult=0.0),
            'pos_queries': dict(decay_mult=0.0),
            'char_embed': dict(decay_mult=0.0),
            # Gate of the context fusion, if the model has one. At alpha = 0 the rest of the fusion
            # gets no gradient, so alpha has a larger learning rate and no decay.
            'fusion.gate.alpha': dict(lr_mult=10.0, decay_mult=0.0),
        },
    ),
    clip_grad=dict(max_norm=20.0),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.02, by_epoch=False, begin=0, end=500),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters, val_interval=max_iters)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
