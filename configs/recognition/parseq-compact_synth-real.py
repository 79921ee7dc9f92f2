"""The compact PARSeq with a CTC head, trained on words of synthetic scenes and of real images."""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/parseq-compact.py',
    '../_base_/recognition_schedule.py',
    '../_base_/datasets/scene_words.py',
]

load = dict(type='LoadSceneImage')
# Some words are cropped with their neighbors, as a detector merges them: CTC learns word gaps.
merge_words = dict(type='MergeWords', prob=0.25, max_length=_base_.max_length)
sample = dict(type='SampleWords', max_words=16)
cut = [
    _base_.cut_words,
    dict(
        type='TransformCrops',
        transforms=[
            dict(
                type='RandomPhotometric',
                light_prob=0.5,
                blur_prob=0.25,
                max_blur_sigma_px=1.5,
                noise_prob=0.25,
                invert_prob=0.1,
            ),
        ],
    ),
]
cut_scene = [dict(type='JitterPolygons', amount=0.15), *cut]
pack = dict(type='PackSceneWords')
synthetic = dict(_base_.synthetic, pipeline=[load, merge_words, sample, *cut_scene, pack])
icdar2015 = dict(
    _base_.icdar2015, pipeline=[_base_.load_icdar2015, merge_words, sample, *cut_scene, pack]
)
word_crops = dict(
    _base_.word_crops, pipeline=[load, dict(type='JitterPolygons', amount=0.05), *cut, pack]
)
crops = [
    dict(word_crops, data_root='data/word_crops/icdar2015_train'),
    dict(word_crops, data_root='data/word_crops/iiit5k_train'),
]
model = dict(
    # CTC trains the encoder long before the decoder's attention is aligned.
    decoder=dict(
        type='HybridDecoder',
        grid_size=(2, 32),
        finds_gaps=True,
        module_loss=dict(perm_num=4),
    ),
)
train_dataloader = dict(
    # About three words per sample. Small batches learn more from the same number of words.
    batch_size=16,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    collate_fn=dict(type='collate_scene_words'),
    # Two of three words are synthetic, the others are real.
    dataset=dict(
        type='ConcatDataset',
        verify_meta=False,  # images and word crops have different task names
        datasets=[
            synthetic,
            dict(type='RepeatDataset', dataset=icdar2015, times=4),
            dict(type='RepeatDataset', dataset=crops[0], times=4),
            dict(type='RepeatDataset', dataset=crops[1], times=4),
        ],
    ),
)
max_iters = 8000
param_scheduler = [
    dict(type='LinearLR', start_factor=0.02, by_epoch=False, begin=0, end=300),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', max_iters=max_iters)
val_cfg = None
test_cfg = None
custom_hooks = [
    dict(type='ChannelsLastHook'),
    dict(type='EMAHook', ema_type='ExponentialMovingAverage', momentum=0.002),
]
