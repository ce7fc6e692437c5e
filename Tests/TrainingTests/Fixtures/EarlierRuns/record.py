"""Records runs of an earlier program, stopped midway, and what that program ends them with.

    python record.py HPO [NAME…]

HPO is the program to record. Needs h5py and numpy. Each run is stopped by SIGTERM after its first evaluation, archived, and then
continued to its end by the same program; a run that was never stopped has to end the same. An archive holds the stopped run directory
and `end.txt`: every dataset's shape and digest at the end.
"""

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile

import h5py
import numpy

TINY = """--steps 260 --threads 1 --evaluation-interval 100 --evaluation-episodes 1 --checkpoint-interval 70 --set hidden_size=16
 --set batch_size=16 --set update_after=50 --set warmup_steps=60 --set logging_interval=40""".split()

RUNS = {
    "sac-hpo": "HalfCheetah --algorithm sac-hpo",
    "sac": "Hopper --algorithm sac --set temperature=auto --set replay_capacity=120",
    "sac-nf": "Walker2d --algorithm sac-nf",
    "sac-nf-shared": "Hopper-v5 --algorithm sac-nf",
    "sac-lagrangian": "HalfCheetah --algorithm sac-lagrangian",
    "safe-sac-hpo": "HalfCheetah --algorithm safe-sac-hpo --set safe_leapfrog_steps=4",
    "safe-velocity": "Hopper --algorithm safe-sac-hpo --set cost=velocity",
    "baseline-1": "Hopper-v4 --algorithm baseline-1 --set boundary=reflect",
    "baseline-2": "Hopper --algorithm baseline-2 --set boundary=latent --set environment.healthy_reward=2",
    "baseline-3": "Walker2d-v4 --algorithm baseline-3 --set hamiltonian_critic=online --set leapfrog_state_input=false",
    "sac-hpo-zero-momentum": "Hopper --algorithm sac-hpo-zero-momentum --seed 7",
    "flagrun": "Flagrun --algorithm sac-hpo",
    "humanoid-bullet": "HumanoidPyBullet --algorithm sac",
    # Its constraint counted otherwise: not to be continued.
    "safe-ant": "Ant --algorithm safe-sac-hpo --steps 120 --evaluation-interval 60",
}

FILES = ["config.yaml", "curve.h5", "replay.h5", "checkpoint.h5", "best.h5"]


def digest(values):
    """FNV-1a over 64-bit words: a float's bits as a double, an integer's or a boolean's two's complement."""
    if values.dtype.kind == "f":
        words = values.astype(numpy.float64).view(numpy.uint64)
    else:
        words = values.astype(numpy.int64).view(numpy.uint64)
    result = 0xCBF29CE484222325
    for word in words.ravel().tolist():
        result = ((result ^ word) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{result:016x}"


def contents(folder):
    lines = []
    for name in ["curve.h5", "replay.h5", "best.h5", "checkpoint.h5"]:
        with h5py.File(f"{folder}/{name}", "r") as file:

            def visit(path, item):
                if not isinstance(item, h5py.Dataset) or path.split("/")[-1] in ("wall_seconds", "steps_per_second"):
                    return
                # How a checkpoint keeps what is no network is the program's own business.
                if name == "checkpoint.h5" and not path.startswith("networks/"):
                    return
                values = numpy.ascontiguousarray(item[()])
                lines.append(f"{name}:/{path} {list(item.shape)} {digest(values.reshape(-1))}\n")

            file.visititems(visit)
    return sorted(lines)


def train(hpo, options, out, stops):
    command = [hpo, "train"] + options.split()[:1] + TINY + options.split()[1:] + ["--out", out]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if stops and line.startswith("evaluation at step"):
            process.send_signal(signal.SIGTERM)
    code = process.wait()
    assert code == (128 + signal.SIGTERM if stops else 0), f"{command} ended with {code}"


def run_directory(out):
    [environment] = os.listdir(out)
    [algorithm] = os.listdir(f"{out}/{environment}")
    return f"{out}/{environment}/{algorithm}/{os.listdir(f'{out}/{environment}/{algorithm}')[0]}"


def record(hpo, name, options):
    with tempfile.TemporaryDirectory() as folder:
        train(hpo, options, f"{folder}/parts", stops=True)
        parts = run_directory(f"{folder}/parts")
        shutil.copytree(parts, f"{folder}/{name}", ignore=lambda _, files: [f for f in files if f not in FILES])
        train(hpo, options, f"{folder}/parts", stops=False)
        train(hpo, options, f"{folder}/whole", stops=False)
        end = contents(parts)
        assert end == contents(run_directory(f"{folder}/whole")), f"{name} ends otherwise when it is stopped"
        with open(f"{folder}/{name}/end.txt", "w") as file:
            file.writelines(end)
        archive = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.tar.gz")
        with tarfile.open(archive, "w:gz") as file:
            for entry in FILES + ["end.txt"]:
                info = file.gettarinfo(f"{folder}/{name}/{entry}", f"{name}/{entry}")
                info.mtime, info.uid, info.gid, info.uname, info.gname = 0, 0, 0, "", ""
                with open(f"{folder}/{name}/{entry}", "rb") as content:
                    file.addfile(info, content)
        print(name, os.path.getsize(archive))


if __name__ == "__main__":
    for name in sys.argv[2:] or RUNS:
        record(sys.argv[1], name, RUNS[name])
