"""The medium detector with the default recognizer, as a config for ``clipter pack-spotter``.

No weights are included: pass the weights of your training with ``--checkpoint``.
"""

_base_ = ['./default.py']

load_from = None
model = dict(
    detector=dict(
        detector=dict(
            data_preprocessor=dict(bgr_to_rgb=True),
            backbone=dict(_delete_=True, type='CLIPResNet'),
            neck=dict(_delete_=True, type='FPNC', in_channels=[256, 512, 1024, 2048]),
            det_head=dict(in_channels=256),
        ),
    ),
)
