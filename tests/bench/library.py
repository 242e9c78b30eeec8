"""How dear trained models are: ``python -m tests.bench.library --coded 10000 --models 1000 --canaries 10000``.

Export of a project with so many coded documents, its size, sealing and opening, fitting with and without the link, the
rotation of so many models' keys, and the search for so many planted words. All in one process against a throw-away
PostgreSQL, by the very code that the workers run; seconds are CPU seconds of that process, unless the name says
otherwise. One JSON object on the last line.
"""

import argparse
import os
import subprocess
import sys

from reviewapp import engines
from reviewapp.env import ROOT


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coded", type=int, default=10_000)
    parser.add_argument("--models", type=int, default=1_000)
    parser.add_argument("--canaries", type=int, default=10_000)
    options = parser.parse_args(arguments)
    given = [str(value) for value in (options.coded, options.models, options.canaries)]
    with engines.throwaway(say=lambda line: None) as data:
        # Settings can be read only once the engines have said where they are: the work is a process of its own.
        environment = os.environ | {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "reviewapp.settings"}
        for command in (["manage.py", "migrate", "-v0"], ["-m", "tests.bench.library_work", *given]):
            subprocess.run([sys.executable, *command], check=True, cwd=ROOT, env=environment)


if __name__ == "__main__":
    main(sys.argv[1:])
