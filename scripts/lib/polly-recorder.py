#!/usr/bin/env python3
"""Records when loop devices and their mounts come and go in the nodes of a lab, one line a change, until it is ended.

    polly-recorder.py LAB_DIRECTORY NODE=PID...      PID: a process in the node's mount namespace

    1764000000.123456 node1 +mount /var/lib/polly/mounts/.. 7:3
    1764000000.131211 node1 -device /dev/loop3

All nodes are looked at by one process, one after the other, at least every 10 ms and at each change of a mount table:
lines stand in the order in which it happened. A device is the node's through whose directory its file was opened.
"""
import glob
import os
import select
import sys
import time


def mounts(table):
    os.lseek(table, 0, os.SEEK_SET)
    text = b""
    while part := os.read(table, 65536):
        text += part
    fields = (line.split() for line in text.decode(errors="replace").splitlines())
    return {f"mount {f[4]} {f[2]}" for f in fields if f[2].startswith("7:") and f[4].startswith("/var/lib/polly/")}


def devices(directory):
    found = set()
    for file in glob.glob("/sys/block/loop*/loop/backing_file"):
        try:
            with open(file, encoding="utf-8", errors="replace") as backing:
                if backing.read().startswith(directory + "/"):
                    found.add("device /dev/" + file.split("/")[3])
        except OSError:
            pass  # it went between the look and the reading
    return found


def tell(node, before, now):
    for entry in sorted(before - now):
        print(f"{time.time():.6f} {node} -{entry}", flush=True)
    for entry in sorted(now - before):
        print(f"{time.time():.6f} {node} +{entry}", flush=True)


def main():
    lab = sys.argv[1]
    nodes = dict(argument.split("=") for argument in sys.argv[2:])
    tables = {node: os.open(f"/proc/{pid}/mountinfo", os.O_RDONLY) for node, pid in nodes.items()}
    poll = select.poll()
    for table in tables.values():
        poll.register(table, select.POLLPRI)
    known = {node: set() for node in nodes}
    print(f"{time.time():.6f} recorder started", flush=True)
    while True:
        for node, table in tables.items():
            now = mounts(table) | devices(f"{lab}/{node}/shared")
            tell(node, known[node], now)
            known[node] = now
        poll.poll(10)


main()
