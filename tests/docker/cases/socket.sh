# shellcheck shell=bash
# The plugin's socket, spoken to as no engine would: one sentence each, nothing hung, nothing made.

# complains TEXT CALL BODY: the answer is {"Err": one sentence with TEXT}, at once.
complains() {
  local answer
  answer=$(within 5 ask "$2" "$3")
  contains "$answer" "$1"
  one_sentence "$answer"
}
one_sentence() {
  local error
  error=$(jq -r '.Err' <<<"$1") || fail "no JSON: $1"
  [[ ${#error} -gt 10 && ${#error} -lt 1000 && $error != *$'\n'* ]] || fail "not one sentence: $error"
}
raw() { in_node python3 "$HERE/tools/raw.py" "$(plugin_socket)" "$@"; }
pid_now() {
  if [[ $MODE == managed ]]; then managed_pid; else lab pid 1 plugin; fi
}

wrong_types() {
  local call body
  for body in '[]' '"v"' '5' 'null' 'true' '{}' '{"Name":5}' '{"Name":null}' '{"Name":["v"]}' '{"Name":""}' \
    '{"Name":"v"' 'nonsense' '{"Name":18446744073709551616}' '{"Name":1e999}' "{'Name':'v'}" '{"Name":"v"}{"Name":"w"}'; do
    complains 'cannot understand the call' Create "$body"
  done
  for call in Remove Mount Unmount Get Path; do
    complains 'cannot understand the call' "$call" '{"Name":18446744073709551616}'
    complains 'cannot understand the call: Name is' "$call" '{"Name":["v"]}'
  done
  complains 'ID is missing' Mount '{"Name":"vol1"}'
  complains 'ID is' Mount '{"Name":"vol1","ID":184}'
  complains 'does not fit' Mount '{"Name":"vol1","ID":18446744073709551616}'
  complains 'Opts is' Create '{"Name":"vol1","Opts":[]}'
  complains 'option size is' Create '{"Name":"vol1","Opts":{"size":184}}'
  complains 'does not fit' Create '{"Name":"vol1","Opts":{"size":18446744073709551616}}'
  complains 'is no size' Create '{"Name":"vol1","Opts":{"size":"18446744073709551616"}}'
  lacks "$(volumes)" vol1
}

empty_body() {
  complains 'it came without a body' Create ''
  complains 'it came without a body' Mount ''
  contains "$(within 5 ask List '')" '"Err":""'
}

wicked_names() {
  local name
  for name in ../../etc/passwd /etc a/b . .. 'a b' "$(printf 'v%.0s' {1..300})"; do
    complains 'no such volume' Get "{\"Name\":\"$name\"}"
    complains 'volume' Create "{\"Name\":\"$name\"}"
    complains 'volume' Mount "{\"Name\":\"$name\",\"ID\":\"x\"}"
  done
  complains 'NUL' Create '{"Name":"nul\u0000byte"}'
  complains 'control character' Create '{"Name":"line\nbreak"}'
  make wicked
  for name in ../../../tmp/x stage . .. "$(printf 'i%.0s' {1..200})"; do
    complains 'a mount id of up to 128 letters' Mount "{\"Name\":\"wicked\",\"ID\":\"$name\"}"
  done
  equal "$(ask Unmount '{"Name":"wicked","ID":"../../x"}')" '{"Err":""}'
  docker volume rm wicked
}

too_much() {
  local answer
  answer=$({ printf '{"Name":"'; head -c 10000000 /dev/zero | tr '\0' a; printf '"}'; } |
    in_node curl -sS -m 20 --unix-socket "$(plugin_socket)" -X POST --data-binary @- http://polly/VolumeDriver.Create)
  one_sentence "$answer"
  answer=$({ printf 'POST /VolumeDriver.Get HTTP/1.1\r\nHost:\r\nContent-Length: 18446744073709551616\r\n\r\n{}'; } | raw | tail -n 1)
  one_sentence "$answer"
  answer=$({ printf 'POST /VolumeDriver.Get HTTP/1.1\r\nHost:\r\nX: '; head -c 200000 /dev/zero | tr '\0' a; } | raw | tail -n 1)
  one_sentence "$answer"
  complains 'cannot understand the call' Create "{\"Name\":\"deep\",\"Opts\":$(printf '[%.0s' {1..20000})"
}

half_a_request() {
  local answer
  answer=$(printf 'POST /VolumeDriver.Create HTTP/1.1\r\nHost:\r\nContent-Length: 400\r\n\r\n{"Name":"half"' | raw | tail -n 1)
  one_sentence "$answer"
  answer=$(printf 'POST /VolumeDriver.Cre' | raw | tail -n 1)
  one_sentence "$answer"
  printf '' | raw
  lacks "$(volumes)" half
}

no_http() {
  local answer
  answer=$(head -c 5000 /dev/urandom | raw | tail -n 1)
  answer=$(printf 'GET / HTTP/9.9\r\n\r\n' | raw | tail -n 1)
  one_sentence "$answer"
  answer=$(within 5 ask Dance '{}')
  contains "$answer" 'there is no POST /VolumeDriver.Dance in the volume plugin protocol'
}

hundred_hang() {
  printf 'POST /VolumeDriver.Create HTTP/1.1\r\nHost:\r\nContent-Length: 400\r\n\r\n{"Name"' | raw hold 100 8 >"$WORK/held" &
  soon 5 grep -q held "$WORK/held"
  within 2 ask List '{}'
  within 2 docker volume create -d polly beside
  within 2 docker volume rm beside
  wait "$!"
}

protocol() {
  contains "$(in_node curl -sS -m 5 --unix-socket "$(plugin_socket)" -X POST http://polly/Plugin.Activate)" '{"Implements":["VolumeDriver"]}'
  equal "$(ask Capabilities '{}')" '{"Capabilities":{"Scope":"global"}}'
  complains "no such volume: 'never-made'" Get '{"Name":"never-made"}'
  complains "no such volume: 'never-made'" Path '{"Name":"never-made"}'
  complains "no such volume: 'never-made'" Mount '{"Name":"never-made","ID":"x"}'
  equal "$(ask Unmount '{"Name":"never-made","ID":"x"}')" '{"Err":""}'
  equal "$(ask Remove '{"Name":"never-made"}')" '{"Err":""}'
  make by-hand
  complains 'cannot tell who asks' Mount '{"Name":"by-hand","ID":"nobody"}'
  nothing_left
  equal "$(ask Path '{"Name":"by-hand"}' | jq -c '[.Mountpoint, .Err]')" '["",""]'
  idle box -v by-hand:/vol
  matches "$(ask Path '{"Name":"by-hand"}' | jq -r .Mountpoint)" "^/.*/[0-9a-f]+\.[0-9a-f]{8}$"
}

plugin_is_the_same() { equal "$(pid_now)" "$PLUGIN_PID"; }

DRIVER=directory
PLUGIN_PID=$(pid_now)
it 'the protocol is answered call by call' protocol
it 'an empty body is an error at once' empty_body
it 'wrong types and numbers are named' wrong_types
it 'names and ids that lead elsewhere are refused' wicked_names
it 'too much of anything is refused' too_much
it 'half a request is refused and does nothing' half_a_request
it 'what is no HTTP is refused' no_http
it 'a hundred requests that never end hold up nobody' hundred_hang
it 'after all that the plugin is still the same process' plugin_is_the_same
