#!/usr/bin/env python3
"""Kills a training run with SIGKILL at random moments, continues it each time, and compares all that it recorded with an
uninterrupted run's, bit for bit. Needs a built hpo and h5py; see README.md beside this file."""
import argparse
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import h5py
import numpy

FILES = ["curve.h5", "replay.h5", "checkpoint.h5", "best.h5"]
# What time it took is no result. In the checkpoint these are attributes, listed in TIMES_IN_CHECKPOINT.
TIMES = {"wall_seconds", "steps_per_second"}
TIMES_IN_CHECKPOINT = {"wall_seconds", "loop_seconds"}
# Where, when and by how many processes a file was written.
ORIGIN = {"host", "threads"}


def contents(folder):
    """Every dataset and attribute of a run by name: shape, type and bytes."""
    found = {}

    def add_attributes(name, item):
        for key, value in item.attrs.items():
            if key not in TIMES_IN_CHECKPOINT | ORIGIN:
                array = numpy.asarray(value)
                found[f"{name}@{key}"] = (array.shape, str(array.dtype), str(value) if array.dtype.kind in "OSU" else array.tobytes())

    for file in FILES:
        with h5py.File(folder / file) as h5:
            add_attributes(file, h5)

            def visit(name, item):
                add_attributes(f"{file}/{name}", item)
                if isinstance(item, h5py.Dataset) and name.split("/")[-1] not in TIMES:
                    found[f"{file}/{name}"] = (item.shape, str(item.dtype), item[()].tobytes())

            h5.visititems(visit)
    return found


def run_folder(out):
    return next(path.parent for path in out.rglob(".lock"))


def processor_time(process):
    """Seconds that a process has computed, which other programs on the machine do not change."""
    try:
        fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return float("inf")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill(process, moment, folder, awaited):
    """Kills the process once it has computed for so many seconds; where a file is named, once that file appears then, and a
    random instant more."""
    while process.poll() is None and processor_time(process) < moment:
        time.sleep(0.001)
    if awaited:
        path = folder / awaited
        while process.poll() is None and not path.exists():
            pass
        end = time.monotonic() + random.uniform(0, 0.004)
        while time.monotonic() < end:
            pass
    process.kill()
    return process.wait() == -9


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment")
    parser.add_argument("algorithm")
    parser.add_argument("--hpo", required=True, help="the built program")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--work", type=pathlib.Path, help="folder to work in; emptied (default: in the temporary folder)")
    parser.add_argument("--set", action="append", default=[], help="key=value for hpo; repeatable")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    arguments.work = arguments.work or pathlib.Path(tempfile.gettempdir()) / "kill-and-resume"
    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)

    command = [arguments.hpo, "train", arguments.environment, "--algorithm", arguments.algorithm, "--steps", str(arguments.steps),
               "--threads", "1", "--checkpoint-interval", "500", "--evaluation-interval", "5000", "--evaluation-episodes", "2"]
    for setting in arguments.set:
        command += ["--set", setting]

    def start(out):
        return subprocess.Popen(command + ["--out", out], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    whole = start(arguments.work / "whole")
    if whole.wait() != 0:
        sys.exit(whole.stderr.read())
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    duration = usage.ru_utime + usage.ru_stime
    folder = run_folder(arguments.work / "whole")
    print(f"uninterrupted: {duration:.0f} s of processor time", flush=True)

    parts = arguments.work / "parts" / folder.relative_to(arguments.work / "whole")
    kills = 0
    inside = {name: 0 for name in ["checkpoint.h5.tmp", "curve.h5.tmp", "replay.h5.tmp", "best.h5.tmp", "config.yaml.tmp"]}
    # Every second kill waits for the checkpoint's new file to appear and falls while that is being written.
    while kills < arguments.kills:
        process = start(arguments.work / "parts")
        awaited = "checkpoint.h5.tmp" if kills % 2 else None
        if kill(process, random.uniform(0, 1.2 * duration / arguments.kills), parts, awaited):
            kills += 1
            for name in inside:
                inside[name] += (parts / name).exists()
        elif process.returncode != 0:
            sys.exit(f"after {kills} kills: {process.stderr.read()}")
        else:
            print(f"finished after {kills} kills, fewer than asked for")
            break
    print(f"killed {kills} times; while a file was being written: "
          + (", ".join(f"{name} {count}" for name, count in inside.items() if count) or "never"))
    last = start(arguments.work / "parts")
    if last.wait() != 0:
        sys.exit(last.stderr.read())

    expected, found = contents(folder), contents(parts)
    different = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    for name in different:
        print(f"differs: {name}")
    datasets = sum("@" not in name for name in expected)
    print(f"{datasets} datasets and {len(expected) - datasets} attributes: {len(different)} differ")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
