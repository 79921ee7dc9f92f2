"""Apple's MobileCLIP-S1 (FastViT): a pooled vector and an 8 x 8 grid of a 256 px square."""

context_encoder = dict(type='ClipImageEncoder', arch='MobileCLIP-S1', pretrained='datacompdr')
# A batch of word crops alone does not touch the fusion; distributed training must not wait for it.
find_unused_parameters = True
