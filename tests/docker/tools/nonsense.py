#!/usr/bin/env python3
"""Stands at the coordinator's address and talks nonsense: nonsense.py words|empty|noise|silence|garbage PORT DIRECTORY

With the coordinator's own certificate, from DIRECTORY, so that it is listened to; but for garbage, which is no TLS.
"""
import socketserver
import ssl
import sys
import time

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
TLS.load_cert_chain(sys.argv[3] + "/certificate.pem", sys.argv[3] + "/key.pem")
BODIES = {"words": b"this is not what you expect", "empty": b"{}"}


class Nonsense(socketserver.BaseRequestHandler):
    def handle(self):
        kind = sys.argv[1]
        if kind != "garbage":
            self.request = TLS.wrap_socket(self.request, server_side=True)
        self.request.recv(65536)
        if kind == "silence":
            time.sleep(3600)
        elif kind in ("noise", "garbage"):
            self.request.sendall(bytes(range(256)) * 16)
        else:
            body = BODIES[kind]
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                                 b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[2])), Nonsense).serve_forever()
