"""Size of a fresh environment with dataworth, and the time of its first commands.

    python benchmarks/install.py [EXTRA ...]

It makes a virtual environment in a temporary folder, installs the checkout with the given extras
(none by default), and prints the median of five starts of each command, with the bar beside it.
The forecast writes its picture. Python's own start is in all of these times.
"""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 5
CURVE = "samples,value,seed\n" + "".join(
    f"{size},{0.2 + 8 * size**-0.4 + 0.01 * seed:.4f},{seed}\n"
    for size in (200, 600, 1_800, 5_400, 16_200, 48_600)
    for seed in range(3)
)


def median_seconds(command: list[str], folder: Path) -> float:
    """The median wall time of a command's starts, after one that is not counted."""
    seconds = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def megabytes(folder: Path) -> float:
    """The size of all files of a folder."""
    files = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return sum(file.stat().st_size for file in files if not file.is_symlink()) / 1e6


def processor() -> str:
    """The name of the processor, where the system gives one."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def versions(python: str) -> str:
    """The versions of what is installed and of Python."""
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
    )
    names = [line.replace("==", " ") for line in listed.stdout.split("\n") if "==" in line]
    return ", ".join([f"Python {platform.python_version()}", *names])


def main() -> None:
    extras = f"[{','.join(sys.argv[1:])}]" if sys.argv[1:] else ""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        python = str(folder / "venv" / "bin" / "python")
        install = [python, "-m", "pip", "install", "-q", f"{ROOT}{extras}"]
        subprocess.run(install, check=True)
        (folder / "curve.csv").write_text(CURVE)
        program = str(folder / "venv" / "bin" / "dataworth")
        commands = {
            "python -c pass": ("", [python, "-c", "pass"]),
            "import dataworth": ("0.05 s", [python, "-c", "import dataworth"]),
            "dataworth --help": ("0.25 s", [program, "--help"]),
            "dataworth forecast curve.csv": ("1.0 s", [program, "forecast", "curve.csv"]),
        }
        print(f"dataworth{extras}, {datetime.date.today()}, {os.cpu_count()} cores: {processor()}")
        print(versions(python))
        print("\n| what | figure | bar |\n|---|---:|---:|")
        print(f"| environment | {megabytes(folder / 'venv'):.0f} MB | 400 MB |")
        for title, (bar, command) in commands.items():
            print(f"| {title} | {median_seconds(command, folder):.2f} s | {bar} |", flush=True)


if __name__ == "__main__":
    main()
