"""Photos with their words: each batch holds crops, their photos, and which belongs to which.

Annotations are MMOCR's JSON with polygons, here those of the scene generator. Data sets of crops
alone can be joined in with ``ConcatDataset``: their words skip the fusion.
"""

scene_words = dict(
    type='SceneWordsDataset',
    ann_file='annotation.json',
    rectifier=dict(type='Rectifier', size=(32, 128)),
    charset=(
        '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
        '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
    ),
    max_length=25,
    # A photo with more words becomes several samples, none of which fills a batch alone.
    split_words=64,
    with_image=True,
)
train_dataloader = dict(
    batch_size=32,  # photos at most, for the tower's sake
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    batch_sampler=dict(type='WordBatchSampler', max_words=128),
    collate_fn=dict(type='collate_scene_words'),
    dataset=dict(scene_words, data_root='data/synthetic/train', jitter=0.1),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=1,
    persistent_workers=True,
    # Not rounded up: padding would count words twice.
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='WordBatchSampler', max_words=128),
    collate_fn=dict(type='collate_scene_words'),
    dataset=dict(scene_words, data_root='data/synthetic/val', test_mode=True),
)
test_dataloader = val_dataloader
# MMEngine's own evaluator would score as many words as there are photos.
val_evaluator = dict(
    type='WordEvaluator',
    metrics=[
        dict(type='WordMetric', mode=['exact', 'ignore_case', 'ignore_case_symbol']),
        dict(type='OneMinusNEDMetric'),
    ],
)
test_evaluator = val_evaluator
