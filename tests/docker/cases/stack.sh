# shellcheck shell=bash
# docker stack deploy with Polly volumes.

compose() {
  cat <<YAML
version: "3.8"
services:
  app:
    image: bb:1
    command: ["sh", "-c", "echo kept >/vol/file; $IDLE"]
    stop_grace_period: 1s
    volumes: ["data:/vol", "outside:/out"]
volumes:
  data:
    driver: polly
    driver_opts: {class: $DRIVER-$ACCESS, perm: "0700"}
  outside:
    external: true
    name: $DRIVER-outside
YAML
}

stack_comes_and_goes() {
  make "$DRIVER-outside"
  compose | sed "s/\"exit 0\"/'exit 0'/" >"$WORK/stack.yml"
  contains "$(polly explain service "$WORK/stack.yml" --stack "pile-$DRIVER")" 'is not there yet: made at its first use'
  docker stack deploy --resolve-image never -c "$WORK/stack.yml" "pile-$DRIVER"
  soon 30 stack_runs
  equal "$(volume "pile-${DRIVER}_data" '.permissions + " " + .class')" "0700 $DRIVER-$ACCESS"
  equal "$(volume "pile-${DRIVER}_data" '.attachments[0].mounts[0].service.name')" "pile-${DRIVER}_app"
  lacks "$(polly explain service "$WORK/stack.yml" --stack "pile-$DRIVER")" 'is not there yet'
  docker stack rm "pile-$DRIVER"
  soon 30 nothing_left
  contains "$(docker volume ls -q)" "pile-${DRIVER}_data" # the volumes stay
  contains "$(docker volume ls -q)" "$DRIVER-outside"
}
stack_runs() { equal "$(docker service ls --format '{{.Replicas}}')" 1/1; }

it 'the swarm hears of the plugin' soon 60 known_to_swarm
for DRIVER in directory loop; do
  it "$DRIVER: docker stack deploy with a volume of its own and an external one" stack_comes_and_goes
done
