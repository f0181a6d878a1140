# shellcheck shell=sh disable=SC2154  # variables come from place.sh
# One gateway, seen from the host: its disk, its boot, its end.

# make_disk gives the gateway its disk, a tmpfs of fixed size, with the administrator's key on it.
make_disk() {
  mkdir -p "$dir/disk" "$dir/root"
  mountpoint -q "$dir/disk" ||
    mount -t tmpfs -o "mode=755,size=${SIGNET_LAB_DISK:-96m}" "signet-lab-$lab-$name" "$dir/disk"
  mkdir -p "$dir/disk/upper" "$dir/disk/work" "$dir/disk/root/.ssh"
  chmod 700 "$dir/disk/root" "$dir/disk/root/.ssh"
  [ -s "$dir/disk/root/.ssh/authorized_keys" ] || cat "$state/admin.pub" >"$dir/disk/root/.ssh/authorized_keys"
}

# init_pid prints the host's number for the gateway's first process, and fails when it is not running.
init_pid() {
  [ -s "$dir/pid" ] && read -r pid <"$dir/pid" || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q " $lab $name $address \$" || return 1
  echo "$pid"
}

# boot starts the gateway's first process in namespaces of its own; $process is then its parent on the host.
boot() {
  cut_power
  plug_in
  rm -f "$dir/pid"
  : >"$dir/log" # there before await reads it
  setsid nsenter --net="/run/netns/$netns" \
    unshare --mount --uts --ipc --pid --fork --kill-child \
    sh "$here/init" "$dir" "$lab" "$name" "$address" </dev/null >>"$dir/log" 2>&1 8>&- 9>&- &
  # shellcheck disable=SC2034
  process=$!
}

# await PROCESS waits until the gateway says it is ready and answers on 22 and 25 from outside; if not, says why.
await() {
  tries=0
  until grep -q '^ready$' "$dir/log"; do
    tries=$((tries + 1))
    [ "$tries" -le 300 ] || { explain 'was not ready within 60 seconds' && return 1; }
    kill -0 "$1" 2>/dev/null || { explain 'stopped while booting' && return 1; }
    sleep 0.2
  done
  [ ! -e "$dir/unplugged" ] || { echo "$name is up with its link down" && return; }
  answers 22 '^SSH-2' || { explain 'does not answer on port 22' && return 1; }
  answers 25 '^220' || { explain 'does not answer on port 25' && return 1; }
  echo "$name is up at $address"
}

# explain WHAT reports a gateway that failed, with the end of its log and of its mail log.
explain() {
  {
    echo "lab: $name $1; the end of $dir/log:"
    tail -n 15 "$dir/log" | sed 's/^/  /'
    tail -n 5 "$dir/disk/upper/var/log/mail.log" 2>/dev/null | sed 's/^/  mail.log: /'
  } >&2
}

# cut_power ends every process of the gateway at once. The link goes first, so that no dying process can say goodbye;
# the kernel then kills the whole process namespace with its first process. What is left in the network namespace
# (a half-made gateway, a visitor) is ended after that.
cut_power() {
  [ ! -e "/sys/class/net/$port" ] || ip link set "$port" down
  ! pid=$(init_pid) || kill -KILL "$pid" 2>/dev/null || true
  tries=0
  while [ -e "/run/netns/$netns" ] && left=$(ip netns pids "$netns") && [ -n "$left" ]; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || die "$name: these processes do not die: $left"
    # shellcheck disable=SC2086  # a list of numbers
    [ "$tries" -le 5 ] || kill -KILL $left 2>/dev/null || true
    sleep 0.05
  done
  unplug
  rm -f "$dir/pid"
}

# remove takes away everything the gateway had, once a boot under way has ended.
remove() {
  [ ! -d "$dir" ] || lock_gateway
  cut_power
  ! mountpoint -q "$dir/disk" || umount "$dir/disk" 2>/dev/null || umount -l "$dir/disk"
  rm -rf "$dir"
}
