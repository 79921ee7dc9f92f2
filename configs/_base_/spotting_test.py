"""Test loop of a spotter on images in their stored size, with all ground truth."""

test_dataloader = dict(
    batch_size=1,
    num_workers=1,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='OCRDataset',
        test_mode=True,
        pipeline=[
            # Ground truth is in stored pixels, so the EXIF orientation is ignored.
            dict(type='LoadImageFromFile', color_type='color_ignore_orientation'),
            dict(
                type='LoadOCRAnnotations',
                with_polygon=True,
                with_bbox=True,
                with_label=True,
                with_text=True,
            ),
            dict(type='PackTextDetInputs', meta_keys=('img_path', 'ori_shape', 'img_shape')),
        ],
    ),
)
test_cfg = dict(type='TestLoop')
test_evaluator = dict(type='E2EHmeanMetric')
custom_hooks = [dict(type='ThroughputHook'), dict(type='LostWordsHook')]
