"""Hosts on one machine: network namespaces on a bridge, whose links are shaped, and mpirun among them."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

SUBNET = "10.77.0"
BRIDGE = "grusbridge"
QUEUE = 2 << 20  # bytes that wait for a link

# mpirun starts its daemon of another host by this, instead of ssh.
REMOTE_SHELL = """#!/bin/sh
number=${1##*.}; shift
exec ip netns exec grus-$number unshare --uts sh -c "hostname grus-$number; $*"
"""


class NoNetwork(Exception):
    """Why this machine cannot have such hosts."""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise NoNetwork(f"{' '.join(command)}: {said[-1].rstrip('.')}")


def missing():
    """What a network of namespaces needs and this machine lacks, or None."""
    if os.geteuid() != 0:
        return "root"
    return next((tool for tool in ("ip", "tc", "unshare", "mpirun") if not shutil.which(tool)), None)


def shape(number, megabits, milliseconds):
    """Shapes what a host sends: by netem where there is a delay, else by tbf, which more kernels have."""
    queue = ["netem", "delay", f"{milliseconds}ms", "rate", f"{megabits}mbit", "limit", "10000"] if milliseconds else \
            ["tbf", "rate", f"{megabits}mbit", "burst", "65536", "limit", str(QUEUE)]
    run("ip", "netns", "exec", f"grus-{number}", "tc", "qdisc", "replace", "dev", "eth0", "root", *queue)


class Hosts:
    """`count` hosts. Their links are shaped anew by link()."""

    def __init__(self, count, folder):
        self.count = count
        self.remote_shell = pathlib.Path(folder) / "remote_shell"
        self.remote_shell.write_text(REMOTE_SHELL)
        self.remote_shell.chmod(0o755)
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "link", "set", BRIDGE, "up")
        for number in range(1, count + 1):
            space, outer = f"grus-{number}", f"grusveth{number}"
            run("ip", "netns", "add", space)
            run("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", space)
            run("ip", "link", "set", outer, "master", BRIDGE, "up")
            inside = ["ip", "netns", "exec", space, "ip"]
            run(*inside, "addr", "add", f"{SUBNET}.{number}/24", "dev", "eth0")
            run(*inside, "link", "set", "eth0", "up")
            run(*inside, "link", "set", "lo", "up")

    def link(self, megabits, milliseconds):
        for number in range(1, self.count + 1):
            shape(number, megabits, milliseconds)

    def command(self, ranks, program):
        """mpirun with one rank a host, as a command of the first of them."""
        hosts = ",".join(f"{SUBNET}.{number}" for number in range(1, ranks + 1))
        mca = {"btl": "tcp,self", "pml": "ob1", "btl_tcp_if_include": f"{SUBNET}.0/24", "oob_tcp_if_include": f"{SUBNET}.0/24",
               "plm": "rsh", "plm_rsh_agent": str(self.remote_shell), "plm_rsh_no_tree_spawn": "1"}
        flags = [word for name, value in mca.items() for word in ("--mca", name, value)]
        words = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--host", hosts, "-n", str(ranks), *flags, *program]
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        return ["ip", "netns", "exec", "grus-1", "unshare", "--uts", "sh", "-c", f"hostname grus-1; exec {quoted}"]


def remove(count):
    for number in range(1, count + 1):  # a link is gone at once, one that goes with its namespace is not
        subprocess.run(["ip", "link", "del", f"grusveth{number}"], capture_output=True)
        subprocess.run(["ip", "netns", "del", f"grus-{number}"], capture_output=True)
    subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True)


@contextlib.contextmanager
def hosts(count):
    """The hosts, which are gone behind it. Throws NoNetwork where there can be none."""
    lacking = missing()
    if lacking:
        raise NoNetwork(f"need {lacking}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield Hosts(count, folder)
        finally:
            remove(count)
