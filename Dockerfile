# clipter serve as a user without rights. On a CPU:
#   docker build -t clipter . && docker run -p 127.0.0.1:8000:8000 clipter
# On a GPU:
#   docker build --build-arg TORCH_INDEX=https://pypi.org/simple -t clipter-gpu . && docker run --gpus all -p 127.0.0.1:8000:8000 clipter-gpu
FROM python:3.11-slim

# OpenCV loads these two libraries.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*

# Wheels of torch without CUDA by default, which are several gigabytes smaller.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --no-cache-dir --index-url "$TORCH_INDEX" torch torchvision

WORKDIR /clipter
COPY pyproject.toml setup.py README.md LICENSE NOTICE ./
COPY configs configs
COPY data/dicts data/dicts
COPY pipeline pipeline
RUN pip install --no-cache-dir '.[serve,heif]'

RUN useradd --create-home --uid 10001 clipter
USER clipter
WORKDIR /home/clipter
ENV PYTHONUNBUFFERED=1
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["clipter", "serve", "--host", "0.0.0.0"]
