"""Images with their words: batches contain crops, their images, and the image index of each crop.

Annotations are MMOCR's JSON with polygons, here those of the scene generator. Data sets of word
crops can be added with ``ConcatDataset``; their words skip the fusion.
"""

_base_ = ['./datasets/scene_words.py']

cut_and_pack = [_base_.cut_words, dict(type='PackSceneWords', with_image=True)]
train_dataloader = dict(
    batch_size=32,  # maximum number of images, limited by the tower's memory
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    batch_sampler=dict(type='WordBatchSampler', max_words=128),
    collate_fn=dict(type='collate_scene_words'),
    dataset=dict(
        _base_.synthetic,
        # An image with more words becomes several samples, each smaller than a batch.
        split_words=64,
        pipeline=[
            dict(type='LoadSceneImage'),
            dict(type='JitterPolygons', amount=0.1),
            *cut_and_pack,
        ],
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=1,
    persistent_workers=True,
    # Not rounded up, because padding would count words twice.
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='WordBatchSampler', max_words=128),
    collate_fn=dict(type='collate_scene_words'),
    dataset=dict(
        _base_.synthetic_val,
        split_words=64,
        test_mode=True,
        pipeline=[dict(type='LoadSceneImage'), *cut_and_pack],
    ),
)
test_dataloader = val_dataloader
# MMEngine's evaluator would score only as many words as there are images.
val_evaluator = dict(
    type='WordEvaluator',
    metrics=[
        dict(type='WordMetric', mode=['exact', 'ignore_case', 'ignore_case_symbol']),
        dict(type='OneMinusNEDMetric'),
    ],
)
test_evaluator = val_evaluator
