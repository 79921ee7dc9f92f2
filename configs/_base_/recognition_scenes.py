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
    with_image=True,
)
train_dataloader = dict(
    batch_size=16,  # photos
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    collate_fn=dict(type='collate_scene_words'),
    dataset=dict(scene_words, data_root='data/synthetic/train', jitter=0.1),
)
val_dataloader = dict(
    batch_size=16,
    num_workers=1,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='collate_scene_words'),
    dataset=dict(scene_words, data_root='data/synthetic/val', max_words=100000, test_mode=True),
)
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='WordMetric', mode=['exact', 'ignore_case', 'ignore_case_symbol']),
    dict(type='OneMinusNEDMetric'),
]
test_evaluator = val_evaluator
