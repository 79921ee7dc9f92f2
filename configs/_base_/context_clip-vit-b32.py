"""OpenAI's CLIP ViT-B-32: 1 + 7 x 7 tokens of a 224 px square."""

context_encoder = dict(type='ClipImageEncoder', arch='ViT-B-32', pretrained='openai')
# The fusion gets no gradient from a batch without images, so DDP has to allow unused parameters.
find_unused_parameters = True
