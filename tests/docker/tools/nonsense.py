#!/usr/bin/env python3
"""Stands at the coordinator's address and talks nonsense: nonsense.py words|empty|noise|silence PORT"""
import socketserver
import sys
import time

BODIES = {"words": b"this is not what you expect", "empty": b"{}"}


class Nonsense(socketserver.BaseRequestHandler):
    def handle(self):
        kind = sys.argv[1]
        self.request.recv(65536)
        if kind == "silence":
            time.sleep(3600)
        elif kind == "noise":
            self.request.sendall(bytes(range(256)) * 16)
        else:
            body = BODIES[kind]
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                                 b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[2])), Nonsense).serve_forever()
