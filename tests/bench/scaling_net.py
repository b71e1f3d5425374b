"""Hosts on one machine: network namespaces, whose links are shaped, and mpirun among them."""
import collections
import contextlib
import fcntl
import os
import pathlib
import select
import shutil
import struct
import subprocess
import tempfile
import threading
import time

SUBNET = "10.77.0"
BRIDGE = "grusbridge"
QUEUE = 2 << 20  # bytes that wait for a link
JUMBO = 9000  # bytes of a packet through a switch of ours, which has some 10 us of work with each
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000  # linux/if_tun.h

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


class Bridge:
    """The kernel's switch: what is sent arrives at once."""

    def __init__(self):
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "link", "set", BRIDGE, "up")

    def add(self, number):
        """Gives a host its eth0."""
        outer = f"grusveth{number}"
        run("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", f"grus-{number}")
        run("ip", "link", "set", outer, "master", BRIDGE, "up")

    def close(self):
        pass  # remove() takes the links away


class DelayingSwitch:
    """A switch that holds each packet so many seconds, in a thread of ours: few kernels have the queue for that, netem."""

    def __init__(self, seconds):
        self.seconds, self.ports, self.waiting, self.ends = seconds, {}, collections.deque(), threading.Event()
        self.thread = threading.Thread(target=self.carry, daemon=True)

    def add(self, number):
        """Gives a host its eth0, whose other end is a file of ours."""
        name = f"grustap{number}"
        try:
            port = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(port, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
        except OSError as error:
            raise NoNetwork(f"/dev/net/tun: {error.strerror}") from error
        address = bytes([2, 0, 0, 0, 0, number])
        self.ports[address] = port
        run("ip", "link", "set", name, "address", address.hex(":"), "mtu", str(JUMBO), "netns", f"grus-{number}", "name", "eth0")
        if not self.thread.is_alive():
            self.thread.start()

    def carry(self):
        while not self.ends.is_set():
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                self.deliver(*self.waiting.popleft()[1:])
            wait = max(0.0, self.waiting[0][0] - now) if self.waiting else 0.1
            for port in select.select(list(self.ports.values()), [], [], wait)[0]:
                with contextlib.suppress(OSError):  # a link that is down, or is going
                    self.waiting.append((time.monotonic() + self.seconds, port, os.read(port, JUMBO + 64)))

    def deliver(self, source, frame):
        """To the port of the frame's address, or to all others."""
        found = self.ports.get(frame[:6])
        for port in [found] if found is not None else [one for one in self.ports.values() if one != source]:
            with contextlib.suppress(OSError):
                os.write(port, frame)

    def close(self):
        self.ends.set()
        if self.thread.is_alive():
            self.thread.join()
        for port in self.ports.values():
            os.close(port)


class Hosts:
    """`count` hosts on a switch. Their links are shaped anew by link()."""

    def __init__(self, count, folder, switch):
        self.count = count
        self.remote_shell = pathlib.Path(folder) / "remote_shell"
        self.remote_shell.write_text(REMOTE_SHELL)
        self.remote_shell.chmod(0o755)
        for number in range(1, count + 1):
            space = f"grus-{number}"
            run("ip", "netns", "add", space)
            switch.add(number)
            inside = ["ip", "netns", "exec", space, "ip"]
            run(*inside, "addr", "add", f"{SUBNET}.{number}/24", "dev", "eth0")
            run(*inside, "link", "set", "eth0", "up")
            run(*inside, "link", "set", "lo", "up")

    def link(self, megabits):
        """Shapes what each host sends."""
        for number in range(1, self.count + 1):
            run("ip", "netns", "exec", f"grus-{number}", "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", f"{megabits}mbit",
                "burst", "65536", "limit", str(QUEUE))

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
def hosts(count, milliseconds):
    """The hosts, which are gone behind it; every packet takes so long. Throws NoNetwork where there can be none."""
    lacking = missing()
    if lacking:
        raise NoNetwork(f"need {lacking}")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        stack.callback(remove, count)
        switch = DelayingSwitch(milliseconds / 1e3) if milliseconds else Bridge()
        stack.callback(switch.close)
        yield Hosts(count, folder, switch)
