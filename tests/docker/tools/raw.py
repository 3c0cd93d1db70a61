#!/usr/bin/env python3
"""Sends standard input to a Unix socket as it is and prints what comes back.

raw.py SOCKET            then ends the sending half, as a peer that died
raw.py SOCKET hold N S   opens N such connections, says nothing more on them and waits S seconds
"""
import socket
import sys
import time


def connect():
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(20)
    peer.connect(sys.argv[1])
    return peer


data = sys.stdin.buffer.read()
if sys.argv[2:3] == ["hold"]:
    peers = [connect() for _ in range(int(sys.argv[3]))]
    for peer in peers:
        peer.sendall(data)
    print("held", flush=True)
    time.sleep(float(sys.argv[4]))
    sys.exit()
peer = connect()
try:
    peer.sendall(data)
    peer.shutdown(socket.SHUT_WR)
except OSError:
    pass  # it has heard enough; its answer is still to be read
answer = b""
while chunk := peer.recv(65536):
    answer += chunk
sys.stdout.buffer.write(answer)
