"""Apple's MobileCLIP-S1 (FastViT): a pooled vector and 8 x 8 tokens of a 256 px square."""

context_encoder = dict(type='ClipImageEncoder', arch='MobileCLIP-S1', pretrained='datacompdr')
# The fusion gets no gradient from a batch without images, so DDP has to allow unused parameters.
find_unused_parameters = True
