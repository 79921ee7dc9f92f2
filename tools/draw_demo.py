"""``clipter draw-demo`` from a checkout: ``python tools/draw_demo.py --help``."""

import sys

from pipeline.cli.draw_demo import main

if __name__ == '__main__':
    sys.exit(main())
