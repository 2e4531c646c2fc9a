# SPDX-License-Identifier: GPL-2.0-or-later
"""More possible CPUs than online: guests of 2 CPUs with places for more, in QEMU's software emulation, on Debian 12's kernel.

Absolute times of an emulated machine mean nothing: the time of `stats` is told as a ratio to that of `check` in the same guest, which
no number of CPUs changes, and this ratio to the first guest's. Bytes are exact. Kernel and root are those of
tests/kernels.
"""
import os
import shutil
import statistics
import subprocess
import tempfile

import lab
import measure
import policies

KERNEL = "6.1"
KERNELS = f"{lab.ROOT}/build/kernels"
ABSENT = "PORTSIEVE_BENCH_NO_GUESTS"  # why
POSSIBLE = [2, 4, 8, 16, 32, 64]
ONLINE = 2
GUEST_SECONDS = 180  # of one guest, of this machine's time
FILE_SECONDS = 100_000  # of the guest's clock


def prepare():
    """Kernel and root, the former from the network; why there are none is left in the environment."""
    os.environ.pop(ABSENT, None)
    os.makedirs(KERNELS, exist_ok=True)
    for script in (["fetch", KERNEL], ["root"]):
        done = subprocess.run([f"{lab.ROOT}/tests/kernels/{script[0]}", *script[1:]], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            said = (done.stderr + done.stdout).strip().splitlines()
            os.environ[ABSENT] = f"tests/kernels/{script[0]}: {said[-1] if said else done.returncode}"
            return


def initrd_write(folder):
    """The kernel unpacks archives laid end to end: the root, then what is ours."""
    extra = f"{folder}/extra"
    os.makedirs(f"{extra}/tests")
    shutil.copytree(f"{KERNELS}/{KERNEL}/modules", f"{extra}/modules")
    shutil.copy(f"{lab.ROOT}/tests/bench/guest/cpus.sh", f"{extra}/tests/cpus.sh")
    for name, text in (("limit", f"{FILE_SECONDS}\n"), ("policy.yaml", policies.ranges(16384))):
        with open(f"{extra}/{name}", "w", encoding="ascii") as file:
            file.write(text)
    names = "\n".join(os.path.relpath(os.path.join(where, name), extra)
                      for where, folders, files in os.walk(extra) for name in folders + files)
    archive = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], input=names.encode(), cwd=extra,
                             stdout=subprocess.PIPE, check=True).stdout
    with open(f"{folder}/initrd", "wb") as file:
        with open(f"{KERNELS}/root.cpio", "rb") as root:
            file.write(root.read())
        file.write(archive)


def guest_run(folder, possible):
    """thread=single: with several, QEMU does not emulate live patching of text across CPUs."""
    subprocess.run([
        "timeout", "--kill-after=5", str(GUEST_SECONDS), "qemu-system-x86_64", "-accel", "tcg,thread=single",
        "-machine", "q35", "-cpu", "max", "-smp", f"{ONLINE},maxcpus={possible}",
        "-m", "1536", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none",
        "-serial", f"file:{folder}/console-{possible}", "-serial", f"file:{folder}/said-{possible}",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4", "-kernel", f"{KERNELS}/{KERNEL}/vmlinuz",
        "-initrd", f"{folder}/initrd", "-append", "console=ttyS0 quiet panic=-1 oops=panic"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def guest_figures(folder, possible):
    """{name: [values]} of what the guest has said; raises CommandFailed with its last words when that is not all."""
    with open(f"{folder}/said-{possible}", encoding="ascii", errors="replace") as file:
        lines = file.read().splitlines()
    figures = {}
    for words in (line.split() for line in lines if line.startswith("figure ")):
        figures.setdefault(words[1], []).append(int(words[2]))
    if "# status 0 of cpus.sh" not in lines or any(line.startswith("not ok") for line in lines):
        raise lab.CommandFailed(f"the guest with {possible} CPUs: {lines[-1] if lines else 'said nothing'}")
    return figures


def row_of(figures):
    """What is reported of a guest. Valid: every packet was counted once."""
    check = statistics.median(figures["check"])
    return {"possible": figures["possible"][0], "online": figures["online"][0],
            "memory_bytes": figures["memory"][0], "counters_bytes": figures["counters"][0],
            "sent": sum(figures["sent"]), "received": figures["received"][0], "counted": figures["counted"][0],
            "valid": figures["counted"] == figures["received"] and figures["received"][0] >= sum(figures["sent"]),
            "stats_to_check": measure.spread([stats / check for stats in figures["stats"]])}


def cpus_measure(possible):
    """[row] by the number of possible CPUs; `stats_to_first`: its ratio by that of the first. After prepare()."""
    if os.environ.get(ABSENT):
        raise lab.CommandFailed(os.environ[ABSENT])
    with tempfile.TemporaryDirectory(prefix="bench-cpus-") as folder:
        initrd_write(folder)
        for number in possible:
            measure.progress(f"a guest with {number} possible CPUs")
            guest_run(folder, number)
        measure.progress("")
        rows = [row_of(guest_figures(folder, number)) for number in possible]
    base = rows[0]["stats_to_check"]["median"]
    for row in rows:
        row["stats_to_first"] = {name: value / base for name, value in row["stats_to_check"].items()}
    return rows
