# shellcheck shell=bash
# Loop devices belong to the whole machine. Ours are those whose file lies in the lab, and no other is ever touched.

# Lines "DEVICE FILE" of the loop devices that node $1 made. Its file is either one of the node's own (told by device
# and inode number) or shared, and then it was opened by the node's own path (see shared_directory).
node_loops() {
  local dir
  dir=$(node_dir "$1")
  loops_below "$dir"
  node_loop_mounts "$1" | awk '{ print "/dev/loop" substr($1, 3) }'
}

# Devices whose file lies below directory $1, by path or by inode.
loops_below() {
  local name device inode file
  losetup --list --noheadings --raw --output NAME,BACK-MAJ:MIN,BACK-INO,BACK-FILE 2>/dev/null |
    sed 's/^\([^ ]* \)\(\\x20\)*/\1/' | # it pads a column with escaped blanks
    while read -r name device inode file; do
      device=${device%%\\*}
      if [[ $file == "$1"/* || -n $(file_with_inode "$1" "$device" "$inode") ]]; then echo "$name"; fi
    done
}
file_with_inode() {
  [[ $3 =~ ^[1-9][0-9]*$ && $(device_of "$1") == "$2" ]] || return 0
  find "$1" -xdev -inum "$3" -print -quit
}
device_of() {
  local number
  number=$(stat -c %d "$1")
  echo "$((number >> 8 & 0xfff)):$((number & 0xff | number >> 12 & 0xfff00))"
}

# Lines "7:N PID MOUNTPOINT": loop devices mounted somewhere in the node and nowhere on the host.
node_loop_mounts() {
  local pid tables=()
  for pid in $(node_pids "$1"); do tables+=("/proc/$pid/mountinfo"); done
  ((${#tables[@]})) || return 0
  awk 'FILENAME == "/proc/self/mountinfo" { host[$3]; next }
    $3 ~ /^7:/ && !($3 in host) && !seen[$3]++ { split(FILENAME, part, "/"); print $3, part[3], $5 }' \
    /proc/self/mountinfo "${tables[@]}" 2>/dev/null || true
}

# From here on no write of the node reaches its loop filesystems: neither what it had in memory, nor a frozen writer.
loops_cut_power() {
  local device pid point
  while read -r device pid point; do
    timeout 5 xfs_io -x -c shutdown "/proc/$pid/root$point" >/dev/null 2>&1 || true
    timeout 5 fsfreeze -u "/proc/$pid/root$point" 2>/dev/null || true
  done < <(node_loop_mounts "$1")
}

loops_detach() {
  local device
  for device in $(printf '%s\n' "$@" | sort -u); do
    timeout 5 losetup -d "$device" 2>/dev/null || true
    wait_until 10 loop_is_free "$device" || die "cannot detach '$device': somebody still uses it; end that and run 'scripts/lab down' again"
  done
}
loop_is_free() { [[ ! -e /sys/block/${1#/dev/}/loop/backing_file ]]; }
