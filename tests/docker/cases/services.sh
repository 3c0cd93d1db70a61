# shellcheck shell=bash
# Swarm services on closed volumes: who asks is found out from the managers, and labels prove nothing.

serve() {
  local name=$1
  shift
  docker service create --detach --no-resolve-image --restart-condition none --stop-grace-period 1s --name "$name" "$@"
}
volume_mount() { echo "type=volume,source=$1,target=${2:-/vol},volume-driver=polly"; }
task_state() { docker service ps --no-trunc --format '{{.CurrentState}} {{.Error}}' "$1"; }
runs() { contains "$(task_state "$1" | head -n 1)" Running; }
failed_with() { contains "$(task_state "$1")" "$2"; }
container_of() { docker ps -q --no-trunc --filter "label=com.docker.swarm.service.name=$1" | head -n 1; }
task_of() { docker service ps -q --no-trunc --filter desired-state=running "$1" | head -n 1; }

granted_service_runs() {
  make writer-data
  polly grant writer-data --to swarm/writer
  serve writer --mount "$(volume_mount writer-data)" bb:1 sh -c "echo kept >/vol/file; $IDLE"
  soon 20 runs writer
  equal "$(volume writer-data '.attachments[0].mounts[0] | .service.name + " " + .task + " " + .container')" \
    "writer $(task_of writer) $(container_of writer)"
  says "used by swarm/writer; stop that first" polly volume rm writer-data
  docker service update --detach --force writer
  soon 20 epoch_is writer-data 2
  soon 20 runs writer
  docker service rm writer
  soon 20 nothing_left
}
epoch_is() { equal "$(volume "$1" .epoch.number)" "$2"; }

other_service_is_refused() {
  make other-data
  polly grant other-data --to swarm/writer
  serve reader --mount "$(volume_mount other-data)" bb:1 sh -c "$IDLE"
  soon 20 failed_with reader "volume 'other-data' is not granted to swarm/reader; an operator can allow it with \`polly grant other-data --to swarm/reader\`"
  nothing_left
}

grant_lets_the_next_task_in() {
  make late-data
  docker service create --detach --no-resolve-image --restart-delay 1s --stop-grace-period 1s --name late \
    --mount "$(volume_mount late-data)" bb:1 sh -c "$IDLE"
  soon 20 failed_with late 'is not granted to swarm/late'
  polly grant late-data --to swarm/late
  soon 20 runs late
}

# Swarm starts it anew every second: all that is one refusal, and its id stands in each message.
refusals_are_explained() {
  local id
  make shut-data
  docker service create --detach --no-resolve-image --restart-delay 1s --stop-grace-period 1s --name shut \
    --mount "$(volume_mount shut-data)" bb:1 sh -c "$IDLE"
  soon 20 failed_with shut '(polly explain '
  id=$(refusal_ids shut)
  matches "$(polly explain "$id")" "grant +refuse +volume 'shut-data' is not granted to swarm/shut"
  soon 30 refused_times shut-data 3
  equal "$(refusal_ids shut)" "$id"
  equal "$(refusals_of shut-data | jq length)" 1
  equal "$(refusals_of shut-data | jq -r '.[0].refusal')" "$id"
  says 'not granted to swarm/shut; an operator can allow it with' \
    polly explain mount shut-data --service swarm/shut --node node1
  printf 'services: {shut: {volumes: ["d:/vol"]}}\nvolumes: {d: {external: true, name: shut-data}}\n' >"$WORK/shut.yml"
  says '1 of 1 mounts' polly explain service "$WORK/shut.yml"
  polly grant shut-data --to swarm/shut --pin --expires 1d
  polly explain mount shut-data --service swarm/shut --node node1
  polly explain service "$WORK/shut.yml"
  soon 20 runs shut
}
refusals_of() { polly event ls --volume "$1" -o json | jq '[.events[] | select(.kind == "mount.refused")]'; }
refused_times() { equal "$(refusals_of "$1" | jq ".[0].count >= $2")" true; }
refusal_ids() {
  docker service ps --no-trunc --format '{{.Error}}' "$1" | sed -n 's/.*(polly explain \([0-9a-f]\{8\}\)).*/\1/p' | sort -u
}

pinned_grant_ends_with_its_service() {
  make pinned-data
  serve pinned --mount "$(volume_mount pinned-data)" bb:1 sh -c "$IDLE"
  polly grant pinned-data --to swarm/pinned --pin
  docker service rm pinned
  soon 20 nothing_left
  serve pinned --mount "$(volume_mount pinned-data)" bb:1 sh -c "$IDLE"
  soon 20 failed_with pinned 'its grant is pinned to another service of that name'
}

copy_up_of_a_service() {
  make service-copyup
  serve copier --mount "$(volume_mount service-copyup /data)" bbdata:1 sh -c "$IDLE"
  soon 20 failed_with copier 'is not granted to swarm/copier'
  docker service rm copier
  polly grant service-copyup --to swarm/copier
  serve copier --mount "$(volume_mount service-copyup /data)" bbdata:1 sh -c "$IDLE"
  soon 20 runs copier
  equal "$(docker exec "$(container_of copier)" cat /data/hello.txt)" 'from the image'
}

first_owner() {
  serve owner --mount "$(volume_mount owned-data),volume-opt=class=$DRIVER-closed" bb:1 sh -c "$IDLE"
  soon 20 runs owner
  contains "$(polly grants owned-data)" swarm/owner
  says 'is not granted to swarm/-@node1' in_volume owned-data true
}

read_only_service() {
  make shared-data
  polly grant shared-data --to swarm/writer
  polly grant shared-data --to 'swarm/read*' --ro
  serve writer --mount "$(volume_mount shared-data)" bb:1 sh -c "echo text >/vol/file; $IDLE"
  soon 20 runs writer
  serve reader --mount "$(volume_mount shared-data)" bb:1 sh -c "$IDLE"
  soon 20 runs reader
  equal "$(docker exec "$(container_of reader)" cat /vol/file)" text
  says 'Read-only file system' docker exec "$(container_of reader)" touch /vol/file
  docker exec "$(container_of writer)" touch /vol/file
}

templates_are_expanded() {
  make slot-1
  make slot-2
  polly grant slot-1 --to swarm/slots
  polly grant slot-2 --to swarm/slots
  serve slots --replicas 2 --mount "$(volume_mount 'slot-{{.Task.Slot}}')" bb:1 sh -c "$IDLE"
  soon 20 slots_run
}
slots_run() {
  equal "$(mounts_of slot-1)" 1
  equal "$(mounts_of slot-2)" 1
}

forged() {
  local v=$1 text=$2
  shift 2
  says "$text" within 15 docker run --rm --network none -v "$v:/vol" "$@" bb:1 true
}

labels_prove_nothing() {
  local task container
  make guarded
  polly grant guarded --to swarm/writer
  serve writer --mount "$(volume_mount guarded)" bb:1 sh -c "$IDLE"
  soon 20 runs writer
  task=$(task_of writer)
  container=$(container_of writer)
  forged guarded "which scheduler 'swarm' does not know" --label com.docker.swarm.task.id=0123456789abcdefghijklmno
  forged guarded 'whose container is another one' --label "com.docker.swarm.task.id=$task"
  forged guarded 'cannot mount volume' --label "com.docker.swarm.task.id=$task" --name "writer.1.forged" \
    --label com.docker.swarm.service.name=writer
  # With a copy-up the container is younger than the task's own.
  says 'cannot mount volume' within 15 docker run --rm --network none --label "com.docker.swarm.task.id=$task" \
    -v guarded:/data bbdata:1 true
  equal "$(mounts_of guarded)" 1
  docker exec "$container" touch /vol/goes-on
}

it 'the swarm hears of the plugin' soon 60 known_to_swarm
DRIVER=loop
it 'a service with a grant gets its volume, and epochs follow its tasks' granted_service_runs
it 'a service without a grant fails, and its task says why' other_service_is_refused
it 'a grant lets the next task in' grant_lets_the_next_task_in
it 'a refusal has an id, its repeats are one event, and polly explain tells it' refusals_are_explained
it 'a pinned grant does not pass to the next service of that name' pinned_grant_ends_with_its_service
it 'the copy-up of a service is decided like its start' copy_up_of_a_service
it 'a service that makes its volume owns it' first_owner
it 'a service with a grant for reading reads beside the writer' read_only_service
it 'templates in the name of a volume are expanded' templates_are_expanded
it 'labels of a task on a plain container prove nothing' labels_prove_nothing
