"""Word crops in MMOCR's JSON: ``data_list`` of ``img_path`` and ``instances[0].text``."""

crop_size = (128, 32)  # (width, height), as in MMOCR's Resize
load = [
    dict(type='LoadImageFromFile', color_type='color'),
    dict(type='LoadOCRAnnotations', with_text=True),
]
pack = [
    dict(type='Resize', scale=crop_size, keep_ratio=False),
    dict(
        type='PackTextRecogInputs', meta_keys=('img_path', 'ori_shape', 'img_shape', 'valid_ratio')
    ),
]
train_dataloader = dict(
    batch_size=128,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='OCRDataset',
        data_root='data/words/train',
        ann_file='textrecog.json',
        pipeline=[*load, *pack],
    ),
)
val_dataloader = dict(
    batch_size=128,
    num_workers=1,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='OCRDataset',
        data_root='data/words/val',
        ann_file='textrecog.json',
        test_mode=True,
        pipeline=[*load, *pack],
    ),
)
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='WordMetric', mode=['exact', 'ignore_case', 'ignore_case_symbol']),
    dict(type='OneMinusNEDMetric'),
]
test_evaluator = val_evaluator
