"""A runtime that stands in the place of PyTorch: it speaks to whoever measures, as told.

Run as ``python runtime.py MODE PROGRAM``: what measures gives the program, which is not run. It
times nothing: each operator takes what its number of elements says.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any


def say(line: str, **facts: Any) -> None:
    print(json.dumps({"line": line, **facts}), flush=True)


def greet(**changes: Any) -> None:
    facts = {
        "program": 1,
        "python": "3.12.3",
        "software": "tiny 1.0",
        "device": "cpu",
        "pci": None,
        "memory_bytes": None,
    }
    say("hello", **{**facts, **changes})


def answer(operators: list[dict[str, Any]]) -> None:
    for index, operator in enumerate(operators):
        elements = 1
        for size in operator["shape"]:
            elements *= size
        say("operator", index=index, seconds=[1e-6 + elements * 1e-9 * n for n in (1, 1.01, 1.02)])


def main() -> None:
    mode = sys.argv[1]
    request = json.loads(sys.stdin.readline())
    operators = request["operators"]
    if mode == "well":
        greet()
        answer(operators)
        if request["model"] is not None:
            say("model", seconds=[0.5, 0.51, 0.5], device_bytes=1 << 20)
        say("memory", context_bytes=None, loaded_bytes=None)
        say("end")
    elif mode == "refuses":
        say("refused", why="ImportError: there is no tiny")
    elif mode == "dies":
        greet()
        sys.exit("it broke, badly")
    elif mode == "hangs":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        greet(device=f"{os.getpid()} {child.pid}")
        time.sleep(600)
    elif mode == "noise":
        greet()
        print("Compiling ...", flush=True)
    elif mode == "endless":
        greet()
        while True:
            sys.stdout.write("x" * 65536)
    elif mode == "repeats":
        greet()
        for _ in range(1000):
            say("skipped", index=None, why="again")
    elif mode == "varies":
        greet()
        say("operator", index=0, seconds=[1e-6, 1.01e-6, 1e-6])
        say("operator", index=1, seconds=[1e-3, 9e-3, 2e-3, 8e-3])
        say("skipped", index=2, why="it has none")
        say("memory", context_bytes=5, loaded_bytes=7)
        say("end")
    else:
        greet()
        for line in json.loads(mode):
            print(json.dumps(line), flush=True)
        say("end")


if __name__ == "__main__":
    main()
