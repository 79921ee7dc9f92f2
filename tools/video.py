"""``clipter video`` from a checkout: ``python tools/video.py --help``."""

import sys

from pipeline.cli.video import main

if __name__ == '__main__':
    sys.exit(main())
