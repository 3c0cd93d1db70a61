# shellcheck shell=bash
# What only a managed plugin has.

is_enabled() { equal "$(docker plugin inspect -f '{{.Enabled}} {{.Name}}' polly)" 'true polly:latest'; }

not_disabled_in_use() {
  make in-use
  idle box -v in-use:/vol
  says 'in use' docker plugin disable polly
  is_enabled
  docker exec box touch /vol/file
  docker rm -f box
  soon 5 nothing_left
}

disabled_and_enabled() {
  make over-there
  in_volume over-there 'echo kept >/vol/file'
  says 'in use' docker plugin disable polly # an engine counts each volume that it has made
  managed_disable
  docker plugin enable polly
  soon 20 plugin_answers
  equal "$(in_volume over-there 'cat /vol/file')" kept
}

node_process_dies() {
  local v=node-dies start pid
  reader "$v"
  start=$(now)
  pid=$(process_of polly-node)
  kill -9 "$pid"
  soon 10 plugin_answers
  never_paused "$start"
  works_on "$v"
}

settings_are_kept() {
  contains "$(docker plugin inspect -f '{{.Settings.Env}}' polly)" "POLLY_NODE=$NODE"
  says 'cannot set on an active plugin' docker plugin set polly POLLY_LOG_LEVEL=debug
}

own_boot_id() {
  equal "$(volume_boot)" "$(<"$NODE_DIR/boot_id")"
}
volume_boot() { polly node show "$NODE" -o json | jq -r .boot_id; }

# As after a kill of dockerd, docs/decisions/0010: nothing may be written to where the volume should be.
not_started_without_its_volume() {
  make unseen
  in_volume unseen 'echo kept >/vol/file'
  in_node umount -l "$(in_node awk '$5 ~ "/propagated-mount$" { print $5 }' /proc/self/mountinfo)"
  says_like 'no such file or directory|is gone, where the engine looks' \
    docker run --rm --network none -v unseen:/vol bb:1 sh -c 'echo lost >/vol/file'
  managed_mend
  equal "$(in_volume unseen 'cat /vol/file')" kept
}

DRIVER=loop
it 'the plugin is enabled under its name' is_enabled
it 'it is not disabled while a volume is in use' not_disabled_in_use
it 'disabled and enabled again it has its volumes' disabled_and_enabled
it 'where the engine does not see the mounts of the plugin no container starts' not_started_without_its_volume
it 'the guard starts the plugin again when it dies' node_process_dies
it 'what was set stays set' settings_are_kept
it 'it knows the boot id of its machine' own_boot_id
