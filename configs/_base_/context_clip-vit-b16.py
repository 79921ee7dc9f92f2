"""OpenAI's CLIP ViT-B-16: 1 + 14 x 14 tokens of a 224 px square; four times ViT-B-32's cost."""

context_encoder = dict(type='ClipImageEncoder', arch='ViT-B-16', pretrained='openai')
# The fusion gets no gradient from a batch without images, so DDP has to allow unused parameters.
find_unused_parameters = True
