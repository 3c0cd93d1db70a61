# shellcheck shell=bash
# A node whose certificate is taken back, and that joins again.

goes_and_comes_back() {
  make kept
  idle keeper -v kept:/vol
  polly node revoke "$NODE"
  says 'was revoked' docker volume create -d polly late
  contains "$(docker volume ls -q)" kept
  running keeper
  polly node join 127.0.0.1:7979 --token "$(join_token)"
  soon 20 docker volume create -d polly late
  docker rm -f keeper
  soon 20 nothing_left
  docker volume rm kept late
}
DRIVER=loop
it 'a revoked node is refused, its containers go on, and a fresh token brings it back' goes_and_comes_back

joins_once() {
  contains "$(polly node join 127.0.0.1:7979 --token "$(join_token)")" 'has joined already'
  docker volume create -d polly another
  docker volume rm another
}
it 'to join once more changes nothing' joins_once

