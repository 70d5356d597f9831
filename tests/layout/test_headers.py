"""Each public header compiles alone: whoever includes it needs to know nothing else."""
import concurrent.futures
import os
import pathlib
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2])
BUILD = pathlib.Path(os.environ.get("CANARYD_BUILD") or SOURCE / "build" / "dev")  # holds the version header
COMPILER = os.environ.get("CXX", "g++")


def errors_of(text):
    """What the compiler says to a source of this text; empty when it compiles."""
    command = [COMPILER, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{SOURCE / 'include'}",
               f"-I{BUILD / 'include'}", "-x", "c++", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False).stderr


class Headers(unittest.TestCase):
    def test_each_public_header_compiles_alone(self):
        headers = sorted(path.relative_to(SOURCE / "include") for path in (SOURCE / "include").rglob("*.hpp"))
        self.assertGreater(len(headers), 20)
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            for header, errors in zip(headers, pool.map(lambda h: errors_of(f'#include "{h}"\n'), headers)):
                with self.subTest(str(header)):
                    self.assertEqual(errors, "")

    def test_a_header_that_needs_another_would_be_seen(self):
        self.assertNotEqual(errors_of("std::string name();\n"), "")


if __name__ == "__main__":
    unittest.main()
