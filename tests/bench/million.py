"""A large workspace from file to ranks: ``python -m tests.bench.million --documents 1000000``.

Import, population, a thousand decisions and a training, by the very jobs that the workers run, in one process against a
throw-away PostgreSQL. Prints wall and CPU seconds of each step and the memory at its peak, of that process and of
PostgreSQL; one JSON object on the last line.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from reviewapp import engines
from reviewapp.env import ROOT

WORDS, VOCABULARY, ROWS = 40, 200_000, 5_000


def write(path: Path, documents: int) -> None:
    """Short documents with the word frequencies of language (Zipf, exponent 1.05)."""
    chance = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = ["".join(letters[chance.integers(0, 26, chance.integers(3, 10))]) for _ in range(VOCABULARY)]
    vocabulary = np.array(words, object)
    reach = np.cumsum(1 / np.arange(1, VOCABULARY + 1) ** 1.05)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["control_number", "title", "text"])
        for start in range(0, documents, ROWS):
            drawn = np.searchsorted(reach, chance.random((min(ROWS, documents - start), WORDS)) * reach[-1])
            for number, ids in enumerate(np.minimum(drawn, VOCABULARY - 1), start):
                text = vocabulary[ids]
                rows.writerow([f"D{number:08d}", " ".join(text[:6]), " ".join(text)])


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with engines.throwaway(say=print) as data, tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "documents.csv"
        write(path, options.documents)
        # Settings can be read only once the engines have said where they are: the work is a process of its own.
        environment = os.environ | {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "reviewapp.settings"}
        for command in (["manage.py", "migrate", "-v0"], ["-m", "tests.bench.million_work", str(path)]):
            subprocess.run([sys.executable, *command], check=True, cwd=ROOT, env=environment)


if __name__ == "__main__":
    main(sys.argv[1:])
