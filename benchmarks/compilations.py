"""Count the programs that a study compiles, and those that it loads because another process has.

    python benchmarks/compilations.py [--model mlp]

Each process runs the same small study of digits: without stored programs, then with an empty
folder for them, then with what the one before has stored. Counts do not depend on the machine's
load. The figures of all are compared to the bit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

STARTS = {"without": {"JAX_ENABLE_COMPILATION_CACHE": "0"}, "first": {}, "second": {}}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="mlp")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.model)))
        return 0
    found: dict[str, Any] = {}
    print("| start | compiled | loaded | seconds of both, on the clock |")
    print("|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as home:
        for name, settings in STARTS.items():
            plain = {key: each for key, each in os.environ.items() if not key.startswith("JAX_")}
            command = [sys.executable, __file__, "--one", "--model", options.model]
            done = subprocess.run(
                command,
                stdout=subprocess.PIPE,
                env=plain | {"XDG_CACHE_HOME": home} | settings,
                check=True,
            )
            each = found[name] = json.loads(done.stdout)
            print(f"| {name} | {each['compiled']} | {each['loaded']} | {each['seconds']:.1f} |")
    are_equal = all(each["curve"] == found["without"]["curve"] for each in found.values())
    print(f"figures equal to the bit: {are_equal}")
    return 0 if are_equal else 1


def one(model: str) -> dict[str, Any]:
    """Run the study in this process; what JAX compiled and loaded, and the curve."""
    from jax import monitoring

    import dataworth as dw

    counts: Counter[str] = Counter()

    def on_event(event: str, **_: Any) -> None:
        counts["loaded"] += event == "/jax/compilation_cache/cache_hits"

    def on_duration(event: str, duration_secs: float, **_: Any) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            counts["all"] += 1
            counts["microseconds"] += int(1e6 * duration_secs)

    monitoring.register_event_listener(on_event)
    monitoring.register_event_duration_secs_listener(on_duration)
    with tempfile.TemporaryDirectory() as folder:
        study = dw.Study("digits", model, sizes=[200, 400], seeds=2, steps=60)
        curve = study.run(Path(folder) / "run", workers=1)
    return {
        "compiled": counts["all"] - counts["loaded"],
        "loaded": counts["loaded"],
        "seconds": counts["microseconds"] / 1e6,
        "curve": curve.to_csv(),
    }


if __name__ == "__main__":
    sys.exit(main())
