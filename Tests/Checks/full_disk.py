#!/usr/bin/env python3
"""Lets a training run fill its disk, a small tmpfs, at ever later moments; makes room, continues, and compares what it recorded with
a run that always had room. Needs root, to mount the tmpfs, a built hpo and h5py; see README.md beside this file."""
import argparse
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from kill_and_resume import contents, run_folder

SIZE = 64 << 20
PAGE = 4096


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hpo", required=True, help="the built program")
    parser.add_argument("--points", type=int, default=150, help="how many amounts of room to try")
    arguments = parser.parse_args()
    # Wide observations, small networks: all files are of similar size. The first rows of the curve and the first best networks come
    # before the second checkpoint, which takes more room than they do. So each kind of write is the one that finds the disk full.
    command = [arguments.hpo, "train", "Humanoid", "--steps", "300", "--threads", "1", "--checkpoint-interval", "100",
               "--evaluation-interval", "50", "--evaluation-episodes", "1"]
    for setting in ["hidden_size=16", "leapfrog_hidden_size=8", "batch_size=4", "update_after=100", "logging_interval=40"]:
        command += ["--set", setting]

    def train(out):
        return subprocess.run(command + ["--out", out], capture_output=True, text=True)

    with tempfile.TemporaryDirectory() as name:
        disk = pathlib.Path(name)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", disk], check=True)
        try:
            whole = train(disk / "whole")
            if whole.returncode != 0:
                sys.exit(whole.stderr)
            expected = contents(run_folder(disk / "whole"))
            used = SIZE - shutil.disk_usage(disk).free
            failures, hit = 0, collections.Counter()
            for point in range(arguments.points):
                room = used * point // arguments.points // PAGE * PAGE
                filler = disk / "filler"
                filler.write_bytes(bytes(shutil.disk_usage(disk).free - room))
                full = train(disk / "parts")
                filler.unlink()
                if full.returncode != 0:
                    lines = full.stderr.splitlines()
                    file = re.search(r"/([\w.]+\.(?:h5|yaml)(?:\.tmp)?)'|run directory '", full.stderr)
                    if full.returncode != 1 or len(lines) != 1 or "No space left on device" not in lines[0] or not file:
                        failures += 1
                        print(f"{room} bytes of room: exit code {full.returncode}, {full.stderr}")
                    hit[file.group(1) or "directory" if file else "?"] += 1
                rest = train(disk / "parts")
                if rest.returncode != 0:
                    failures += 1
                    print(f"{room} bytes of room, then more: exit code {rest.returncode}, {rest.stderr}")
                elif contents(run_folder(disk / "parts")) != expected:
                    failures += 1
                    print(f"{room} bytes of room, then more: the run is another")
                shutil.rmtree(disk / "parts")
        finally:
            subprocess.run(["umount", disk], check=True)
    print(f"disk full at {', '.join(f'{file} {count} times' for file, count in sorted(hit.items()))}; {failures} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
