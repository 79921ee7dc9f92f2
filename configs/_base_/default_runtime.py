"""Runtime settings of all runs: scope, seed, logging, drawings, checkpoints."""

default_scope = 'mmocr'
custom_imports = dict(imports=['pipeline.registration'], allow_failed_imports=False)
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
randomness = dict(seed=0)
default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', interval=500, by_epoch=False, max_keep_ckpts=2),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    unwrap=dict(type='UnwrapCheckpointHook'),
    # These hooks do nothing in runs without gate, text or cache.
    gate=dict(type='GateLogHook', interval=50),
    pictures=dict(type='ReadingPicturesHook', interval=1000),
    context_cache=dict(type='ContextCacheHook'),
)
visualizer = dict(
    type='Visualizer',
    vis_backends=[dict(type='LocalVisBackend'), dict(type='OptionalTensorboardVisBackend')],
)
log_level = 'INFO'
log_processor = dict(type='LogProcessor', window_size=50, by_epoch=False)
load_from = None
resume = False
