"""PP-OCRv6's small detector, fine-tuned from lines of text to words.

It starts from the published weights (clipter convert-ppocr). pipeline/weights/README.md lists
the commands that prepare the data.
"""

_base_ = [
    '../_base_/ppocrv6-small-det.py',
    '../_base_/detection_words.py',
]

load_from = 'work_dirs/ppocrv6-small-det.pth'
model = dict(
    # The stem and the first two stages are general: they stay as published.
    backbone=dict(norm=True, frozen_stages=3),
    det_head=dict(module_loss=_base_.module_loss),
)
