# shellcheck shell=sh disable=SC2154  # variables come from place.sh
# The lab's wires: one bridge, and a veth from it into the network namespace of each gateway.

bridge_up() {
  if [ ! -e "/sys/class/net/$bridge" ]; then
    used=$(ip -o -4 addr show to "$network.0/24")
    [ -z "$used" ] || die "$network.0/24 is in use on this machine; choose another with SIGNET_LAB_NET: $used"
    ip link add "$bridge" type bridge forward_delay 0
    ip link set "$bridge" alias "signet-lab $lab"
  fi
  ip addr replace "$network.1/24" dev "$bridge"
  ip link set "$bridge" up
}

# bridge_down removes the bridge, if it is this lab's.
bridge_down() {
  [ -e "/sys/class/net/$bridge" ] || return 0
  [ "$(cat "/sys/class/net/$bridge/ifalias")" = "signet-lab $lab" ] || return 0
  ip link del "$bridge"
}

# plug_in gives the gateway a new network namespace and a veth to the bridge.
# Its MAC address stays the same over reboots, so that no neighbour holds a stale one.
plug_in() {
  mac=$(printf '02:53:47:4e:%02x:%02x' "$net" "$number")
  ip netns add "$netns"
  ip link add "$port" type veth peer name eth0 address "$mac" netns "$netns"
  ip -n "$netns" link set lo up
  ip -n "$netns" addr add "$address/24" brd + dev eth0
  ip -n "$netns" link set eth0 up
  ip link set "$port" master "$bridge"
  [ -e "$dir/unplugged" ] || ip link set "$port" up
}

# unplug takes both away again, whichever of them there are.
unplug() {
  [ ! -e "/sys/class/net/$port" ] || ip link del "$port"
  [ ! -e "/run/netns/$netns" ] || ip netns del "$netns"
}

# answers PORT PATTERN: does the gateway greet with a line like this, seen from the bridge?
answers() {
  timeout 5 busybox nc -w 4 "$address" "$1" </dev/null 2>/dev/null | head -n 1 | grep -q "$2"
}
