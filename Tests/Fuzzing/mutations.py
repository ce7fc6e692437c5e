"""Damage, by a seeded generator: of bytes, of what an HDF5 file holds, of YAML, of assignments and of MuJoCo's XML."""

import shutil

import h5py
import numpy as np

NUMBERS = [0, 1, -1, 2, 3, 7, 255, 1000, 65535, 2**31 - 1, 2**31, 2**53, 2**62, 2**63 - 1, -2**63]
REALS = [0.0, -0.0, 1.0, -1.0, 1e-320, 1e30, 1e300, -1e308, float("inf"), float("-inf"), float("nan")]
WORDS = ["", "0", "-1", "1", "1e309", "1e400", "nan", "inf", "-inf", ".inf", ".nan", "true", "null", "~", "[1, 2]", "[]",
         "{}", "default", "9223372036854775807", "9223372036854775808", "99999999999999999999999", "0x10", "1_000", "_",
         "-0", "1.5", "1e18", "1e19", "é", "\x00", "\u202e", "a" * 5000, "=", "==", "gaussian", "proposed", "flow",
         "paper", "lyapunov", "%s%n", "$(x)", "../../x", "~nobody", "/dev/null", ".", "[0.2, nan]", "(1,2", "١٢"]


def bytes_of_file(rng, path):
    path.write_bytes(bytes_of(rng, path.read_bytes()))


def bytes_of(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4, 16, 64])):
        if not data:
            break
        # HDF5 keeps its structure at the beginning and between the arrays; half of the damage goes to the first kilobytes.
        at = rng.randrange(min(len(data), 4096) if rng.random() < 0.5 else len(data))
        kind = rng.randrange(8)
        if kind <= 1:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            data[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF])
        elif kind == 3:
            value = rng.choice(NUMBERS) & 0xFFFFFFFFFFFFFFFF
            width = rng.choice([2, 4, 8])
            data[at:at + width] = value.to_bytes(8, "little")[:width]
        elif kind == 4:
            width = rng.randrange(1, 64)
            other = rng.randrange(len(data))
            data[at:at + width] = data[other:other + width]
        elif kind == 5:
            width = rng.randrange(1, 512)
            data[at:at + width] = bytes([rng.choice([0, 0xFF])]) * width
        elif kind == 6 and rng.random() < 0.3:
            del data[rng.randrange(len(data)):]
        else:
            del data[at:at + rng.randrange(1, 16)]
    return bytes(data)


# MARK: HDF5

def structure(rng, path):
    shutil.copy(path, str(path) + ".elsewhere")  # what links to other files lead to is sound: following them would succeed
    with h5py.File(path, "r+", libver=("earliest", "v110")) as file:
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            names = []
            file.visit(names.append)
            holders = [name for name in names if file.get(name, None) is not None and len(file[name].attrs)]
            if file.attrs:
                holders.append("/")
            try:
                if holders and rng.random() < 0.4:
                    attribute(rng, file[rng.choice(holders)].attrs)
                elif names:
                    # A dataset more often than a group, whose loss is soon noticed.
                    name = rng.choice([name for name in names if isinstance(file.get(name), h5py.Dataset)] or names)
                    thing(rng, file, name if rng.random() < 0.8 else rng.choice(names), path.name)
            except (TypeError, ValueError, KeyError, OSError, RuntimeError, OverflowError, MemoryError):
                pass  # the file does not lend itself to this damage


def attribute(rng, attributes):
    name = rng.choice(list(attributes))
    old = attributes[name]
    kind = rng.randrange(14)
    if kind == 0:
        del attributes[name]
    elif kind <= 2:
        attributes[name] = np.int64(rng.choice(NUMBERS))
    elif kind <= 4:
        attributes[name] = rng.choice(REALS)
    elif kind == 5:
        attributes[name] = np.uint64(2**64 - 1)
    elif kind == 6:
        attributes[name] = rng.choice([word for word in WORDS if "\x00" not in word])
    elif kind == 7:
        attributes[name] = np.bytes_(bytes(rng.randrange(1, 256) for _ in range(rng.choice([1, 20, 60000]))))
    elif kind == 8:
        attributes[name] = rng.choice([np.zeros(0), np.zeros(3), np.zeros((2, 2)), np.zeros(8000), np.array([b"a", b"b"])])
    elif kind == 9:
        attributes[name] = h5py.Empty(rng.choice(["f8", "i8", h5py.string_dtype()]))
    elif kind == 10:
        attributes.create(name, np.array((1, 2.0), dtype=[("a", "i4"), ("b", "f8")]))
    elif kind == 11:
        attributes[name] = rng.choice([np.longdouble(1), np.float16(1), np.bool_(True), np.int8(-1), np.uint8(200)])
    elif kind == 12 and isinstance(old, str):
        attributes[name] = yaml(rng, old.encode()).replace(b"\x00", b"").decode("utf-8", "surrogateescape")
    elif kind == 13 and isinstance(old, str):
        attributes.create(name, old.encode() + bytes([0xFF, 0xC0]), dtype=h5py.string_dtype("ascii"))
    elif isinstance(old, (float, np.floating)):
        attributes[name] = float(old) * rng.choice(REALS)
    else:
        attributes[name] = np.int64(rng.choice(NUMBERS))


def thing(rng, file, name, file_name):
    """Replaces, moves or removes one group or dataset."""
    kind = rng.randrange(13)
    parent, _, last = name.rpartition("/")
    holder = file[parent] if parent else file
    old = file[name]
    if isinstance(old, h5py.Dataset) and kind >= 5:
        return dataset(rng, holder, last, old, file_name)
    if kind == 0:
        del holder[last]
    elif kind == 1:
        del holder[last]
        holder[last] = h5py.SoftLink(rng.choice(["/nowhere", name, "/" + name, ".", "/", "/" + (parent or "loop")]))
    elif kind == 2:
        del holder[last]
        holder[last] = h5py.ExternalLink(file_name + ".elsewhere", "/" + name)
    elif kind == 3:
        del holder[last]
        holder[last] = file["/"]  # the root as its own child
    elif kind == 4:
        del holder[last]
        holder[last] = rng.choice([np.dtype("f8"), np.dtype([("a", "i4")])])
    elif kind == 5:
        del holder[last]
        holder.create_group(last)
    elif kind == 6:
        holder.move(last, last + rng.choice(["é", " ", "_", "0", "a" * 300]))
    else:
        for index in range(rng.choice([1, 3, 200])):
            holder[f"{last}{index}"] = holder[last]


def dataset(rng, holder, last, old, file_name):
    shape, values = old.shape, None
    if shape is not None and old.size < 1_000_000:
        values = old[()]
    maxshape, chunks, path = old.maxshape, old.chunks, old.name
    kind = rng.randrange(16)
    if kind <= 2 and values is not None and old.dtype.kind in "fiu":
        flat = np.array(values).reshape(-1)
        for _ in range(rng.choice([1, 3, flat.size])):
            number = rng.choice(REALS if old.dtype.kind == "f" else NUMBERS)
            with np.errstate(all="ignore"):
                flat[rng.randrange(flat.size)] = np.array(number).astype(old.dtype)
        old[...] = flat.reshape(shape)
        return
    if kind == 3 and maxshape and maxshape[0] is None:
        old.resize(rng.choice([0, 1, shape[0] - 1, shape[0] + 1, shape[0] + 100, 2**20, 2**40, 2**62]), axis=0)
        return
    if values is None or old.shape is None:
        return
    del holder[last]
    if kind <= 6:
        kinds = ["i1", "u1", "i4", "i8", "u8", "f2", "f8", ">f4", ">i8", "g", "?", "S3", "c8", h5py.string_dtype(),
                 h5py.vlen_dtype("f4"), h5py.enum_dtype({"FALSE": 0, "TRUE": 1}, "i4"), h5py.enum_dtype({"A": 0}, "i1"),
                 [("x", "f4")], ("f4", (3,)), h5py.ref_dtype, np.dtype("V5")]
        wanted = np.dtype(rng.choice(kinds))
        data = holder.create_dataset(last, shape, wanted, maxshape=maxshape, chunks=chunks)
        if wanted.kind in "fiub" and wanted.subdtype is None and rng.random() < 0.7:
            with np.errstate(all="ignore"):
                data[...] = np.array(values).astype(wanted)
    elif kind <= 8:
        wanted = rng.choice([(), (0,), shape + (1,), (1,) + shape, shape[::-1], shape[:-1], tuple(s + 1 for s in shape),
                             tuple(max(s - 1, 0) for s in shape), shape[:-1] + (0,), (1,) * 32])
        holder.create_dataset(last, data=np.resize(np.array(values), wanted))
    elif kind == 9:
        holder.create_dataset(last, dtype="f4", data=h5py.Empty("f4"))
    elif kind == 10:
        huge = rng.choice([(2**40,), (2**33, 2**33), (2**62, 4), (2**20,) * 3, (2**28,), (2**30, 11), (2**31, 2)])
        holder.create_dataset(last, huge, "f4", chunks=tuple(min(s, rng.choice([1, 64, 1024])) for s in huge))
    elif kind == 11:
        # A chunk of up to 4 GiB that takes no space, or next to none.
        chunk = rng.choice([(2**29,), (2**30 - 1,), (2**24, 11)])
        data = holder.create_dataset(last, tuple(rng.choice([c, 16]) for c in chunk), "f4", chunks=chunk,
                                     maxshape=(None,) * len(chunk), **rng.choice([{}, {"compression": "gzip"}, {"fletcher32": True}]))
        if chunk[0] == 2**24 and rng.random() < 0.1:
            data[0:1] = 1
    elif kind == 12:
        filters = rng.choice([{"compression": "gzip"}, {"compression": "lzf"}, {"shuffle": True}, {"fletcher32": True},
                              {"scaleoffset": 2}, {"compression": "gzip", "shuffle": True, "fletcher32": True}])
        holder.create_dataset(last, data=values, maxshape=maxshape, chunks=chunks or True, **filters)
    elif kind == 13:
        holder.create_dataset(last, data=values)  # can no longer grow
    elif kind == 14:
        holder.create_dataset(last, shape, "f4", external=[(file_name + ".elsewhere", 0, h5py.h5f.UNLIMITED)])
    else:
        layout = h5py.VirtualLayout(shape, old.dtype, maxshape=maxshape)
        source = h5py.VirtualSource(file_name + ".elsewhere", path, shape)
        layout[...] = source
        holder.create_virtual_dataset(last, layout)


# MARK: Text

def yaml(rng, text):
    lines = text.split(b"\n")
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(lines))
        key, _, value = lines[at].partition(b": ")
        kind = rng.randrange(12)
        if kind <= 3:
            lines[at] = key + b": " + rng.choice(WORDS).encode("utf-8", "replace")
        elif kind == 4:
            del lines[at]
            lines = lines or [b""]
        elif kind == 5:
            lines.insert(at, rng.choice(lines))
        elif kind == 6:
            lines[at] = key + b": " + rng.choice(
                [b"&a [*a]", b"*nobody", b"!!python/object x", b"!!binary zzzz", b"|\n  x", b">", b"'", b'"\\x', b"? [1]", b"- 1",
                 b"<<: {a: 1}", b"%YAML 9.9", b"---\n---\n", b"...", b"\t1", b"[" * 900, b"{" * 3000, b"[" * 100000])
        elif kind == 7:
            # Ten times ten times ten …
            bomb = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
            depth = rng.choice([3, 9, 30])
            for level in range(1, depth):
                bomb.append(b"a%d: &a%d [%s]" % (level, level, b", ".join([b"*a%d" % (level - 1)] * 10)))
            lines += bomb + [rng.choice([b"", b"? *a%d\n: 1\n? *a%d\n: 2" % (depth - 1, depth - 1), b"gamma: *a%d" % (depth - 1)])]
        elif kind == 8:
            lines.append(rng.choice([b"? [a, b]\n: 1", b"? {a: 1}\n: 2", b"1: 2", b"null: 1", b"~: 1", b": 1", b"environment: Hopper",
                                     b"environment.nothing: 1", b"environment.: 1", b"gammas: 1"]))
        elif kind == 9:
            return bytes_of(rng, b"\n".join(lines))
        elif kind == 10:
            return b"\n".join(lines).decode("utf-8", "replace").encode(rng.choice(["utf-16", "utf-16-le", "utf-32"]))
        else:
            lines[at] = lines[at] + bytes([rng.randrange(256)])
    return b"\n".join(lines)


KEYS = """seed steps threads gamma tau batch_size replay_capacity learning_rate warmup_steps update_after alpha temperature hidden_size
policy_hidden_layers exploration_policy training_policy leapfrog_steps leapfrog_step_size leapfrog_hidden_size leapfrog_state_input
momentum momentum_std_training momentum_std_exploration boundary hamiltonian_critic momentum_in_value flows flow_std cost constraint
cost_limit cost_kind multiplier_schedule multiplier_rate multiplier_limit multiplier_normalizes safe_leapfrog_steps mass exploration_gain
tempering candidates diagnostics critic_normalization critic_hidden_layers updates_per_step optimism exploration_kl policy_delay
exploration_noise target_noise target_noise_clip iterations action_samples pessimism acting_pessimism evaluation_interval evaluation_episodes checkpoint_interval logging_interval environment
algorithm""".split()
OWN_KEYS = """frame_skip reset_noise_scale xml_file forward_reward_weight ctrl_cost_weight healthy_reward healthy_z_range
terminate_when_unhealthy exclude_current_positions_from_observation divergence""".split()


def assignment(rng, own=False):
    key = "environment." + rng.choice(OWN_KEYS) if own or rng.random() < 0.3 else rng.choice(KEYS)
    text = f"{key}={rng.choice(WORDS)}"
    if rng.random() < 0.3:
        text = bytes_of(rng, text.encode()).decode("utf-8", "replace")
    return text.replace("\x00", "")


def xml(rng, text):
    if rng.random() < 0.3:
        return bytes_of(rng, text)
    import re
    for _ in range(rng.choice([1, 1, 2, 4])):
        values = list(re.finditer(rb'"([^"]*)"', text))
        elements = list(re.finditer(rb"<(\w+)[^<>]*/>", text))
        kind = rng.randrange(6)
        if kind <= 2 and values:
            at = rng.choice(values)
            words = [b"", b"0", b"-1", b"1e308", b"nan", b"inf", b"1e-320", b"2147483647", b"4294967296", b"x", b"0 0 0", b"1 " * 5000,
                     b"true", b"&lt;", b"&#0;", rng.choice(values).group(1)]
            text = text[:at.start(1)] + rng.choice(words) + text[at.end(1):]
        elif kind == 3 and elements:
            at = rng.choice(elements)
            text = text[:at.start()] + rng.choice([b"", at.group() * rng.choice([2, 500]), rng.choice(elements).group()]) + text[at.end():]
        elif kind == 4:
            extra = [b'<include file="model.xml"/>', b'<include file="/dev/zero"/>', b'<size memory="1E"/>', b'<size njmax="2147483647"/>',
                     b'<asset><hfield name="h" nrow="100000" ncol="100000" size="1 1 1 1"/></asset>',
                     b'<asset><texture name="t" type="2d" builtin="flat" width="100000" height="100000"/></asset>',
                     b'<asset><mesh name="m" file="/etc/hostname"/></asset>', b'<asset><mesh name="m" vertex="0 0 0 1 0 0"/></asset>',
                     b'<option timestep="0"/>', b'<option timestep="nan"/>', b'<option iterations="2147483647" tolerance="0"/>',
                     b'<extension><plugin plugin="x"/></extension>', b"<worldbody>" + b"<body>" * 5000 + b"</body>" * 5000 + b"</worldbody>",
                     b'<worldbody><replicate count="1000000"><geom size="1"/></replicate></worldbody>',
                     b'<worldbody><body><composite type="cable" count="100000 1 1" size="1"/></body></worldbody>',
                     b'<actuator><plugin joint="x"/></actuator>', b'<keyframe><key qpos="1"/></keyframe>', b"<!DOCTYPE a [<!ENTITY b 'c'>]>"]
            text = text.replace(b"</mujoco>", rng.choice(extra) + b"</mujoco>")
        else:
            text = bytes_of(rng, text)
    return text
