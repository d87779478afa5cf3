"""What the tests of many clients share: the places and the scripted upstream that run.py tells them of, and how they
end.

Never in here: any SDK."""

import json
import sys
import unittest
from pathlib import Path

from upstream import Upstream


class Stage:
    """What the file says that run.py writes: see there."""

    def __init__(self, path: str):
        told = json.loads(Path(path).read_text())
        self.places = told["places"]
        self.base_url = told["base_url"]
        self.upstream = Upstream(told["control"], told["upstream"])
        # Clients are dear to make, and Google's SDK closes one that nobody holds any more.
        self.clients = {}

    def client(self, kind, place: str, **options):
        """A client of this kind with the key of this place."""
        name = (kind, place, *options.items())
        if name not in self.clients:
            self.clients[name] = kind(self.base_url, self.places[place]["key"], **options)
        return self.clients[name]


class Staged(unittest.TestCase):
    """A test on the stage."""

    stage: Stage

    def tearDown(self):
        self.upstream.forget()

    @property
    def upstream(self) -> Upstream:
        return self.stage.upstream

    def place(self, name: str) -> tuple[str, str, str]:
        """Base URL, key and model."""
        place = self.stage.places[name]
        return self.stage.base_url, place["key"], place["model"]


def run(title: str, tests: unittest.TestSuite) -> int:
    """Runs tests and says how they went in the words that run.py looks for."""
    print(title, flush=True)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
    # A test may fail in several of its parts.
    failed = len({getattr(test, "test_case", test) for test, _ in result.failures + result.errors})
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} succeeded, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def main(title: str, *cases: type[Staged]) -> int:
    """Runs these cases on the stage of the first argument; the words after it choose among the tests by their names."""
    Staged.stage = Stage(sys.argv[1])
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    tests = [test for case in cases for test in load(case) if all(word in test.id() for word in sys.argv[2:])]
    return run(title, unittest.TestSuite(tests))
