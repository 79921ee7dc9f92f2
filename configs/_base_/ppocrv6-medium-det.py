"""PP-OCRv6's medium detector (arXiv 2606.13108) as a DBNet."""

_base_ = ['./ppocrv6-small-det.py']

model = dict(
    backbone=dict(
        stem_channels=64,
        widths=(128, 256, 512, 896),
    ),
    neck=dict(
        _delete_=True,
        type='LargeKernelPAN',
        in_channels=(128, 256, 512, 896),
        out_channels=256,
    ),
    det_head=dict(in_channels=256),
)
