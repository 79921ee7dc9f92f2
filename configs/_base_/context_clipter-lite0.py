"""The embedded clipter-lite0 (EfficientNet-Lite0): a pooled vector and 7 x 7 tokens of 224 px."""

context_encoder = dict(type='ClipImageEncoder', arch='clipter-lite0', pretrained='embedded')
# The fusion gets no gradient from a batch without images, so DDP has to allow unused parameters.
find_unused_parameters = True
