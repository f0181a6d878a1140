# shellcheck shell=sh disable=SC2034  # read by the files that source this one
# Where a lab lives: its id, its directory, its network, and the names and addresses that follow from a gateway's name.

labs=/run/signet-lab
domain=lab.example.test
most=100

lab=${SIGNET_LAB:-demo}
case $lab in
  '' | *[!a-z0-9-]* | -*) die "SIGNET_LAB is '$lab': use lower-case letters, digits and '-'" ;;
esac
[ "${#lab}" -le 24 ] || die "SIGNET_LAB is '$lab': use at most 24 characters"
state=$labs/$lab

# place NAME sets what follows from a gateway's name: its files, its network namespace and port, its address.
place() {
  number=${1#mx}
  case $number in
    "$1" | '' | *[!0-9]* | 0* | ????*) number=$((most + 1)) ;;
  esac
  [ "$number" -le "$most" ] || die "no gateway is called '$1': use mx1 to mx$most"
  name=$1
  dir=$state/$name
  netns=signet-$lab-$name
  port=$bridge-$name
  address=$network.$((number + 10))
}

# known NAME is place, for a gateway that must have been made.
known() {
  place "$1"
  [ -d "$dir" ] || die "lab '$lab' has no gateway '$1': make it with 'lab up', see 'lab list'"
}

# names prints the gateways that exist, whole or in part, one a line: those with a directory or a network namespace.
names() {
  for found in "$state"/mx* /run/netns/signet-"$lab"-mx*; do
    [ -e "$found" ] && found=${found##*/} && echo "${found##*-}"
  done | sort -Vu
}

# lock_lab and lock_gateway wait their turn, so that two commands on one lab or gateway follow each other. The locks are
# held on descriptors 8 and 9 until the command ends; what outlives it must close both.
lock_lab() {
  mkdir -p "$state"
  exec 8>"$state/lock"
  flock -w 300 8 || die "another command has been busy with lab '$lab' for five minutes: is it stuck?"
}

lock_gateway() {
  exec 9>"$dir/lock"
  flock -w 300 9 || die "another command has been busy with $name for five minutes: is it stuck?"
}

# claim_network keeps the lab's network number for as long as the lab lives; labs choose one after the other.
claim_network() {
  exec 9>"$labs/lock"
  flock -w 60 9 || die "another lab has been choosing a network for a minute: is it stuck?"
  use_network
  ! taken "$net" || die "network $net belongs to another lab; choose another with SIGNET_LAB_NET"
  echo "$net" >"$state/network"
  exec 9>&-
}

# use_network sets the lab's network from the number it keeps, or from the one it would get.
use_network() {
  if [ -s "$state/network" ]; then
    net=$(cat "$state/network")
    [ "${SIGNET_LAB_NET:-$net}" = "$net" ] || die "lab '$lab' already lives on network $net, not $SIGNET_LAB_NET"
  else
    net=${SIGNET_LAB_NET:-$(own_number)}
  fi
  case $net in
    '' | *[!0-9]* | ????*) die "SIGNET_LAB_NET is '$net': use a number from 0 to 255" ;;
  esac
  [ "$net" -le 255 ] || die "SIGNET_LAB_NET is '$net': use a number from 0 to 255"
  network=198.18.$net
  bridge=sl$net
}

# own_number: 0 for the demo; otherwise 1 to 250 from the lab's id, and the next free one when another lab has it.
own_number() {
  [ "$lab" != demo ] || { echo 0 && return; }
  hash=$(printf %s "$lab" | cksum)
  number=$((${hash%% *} % 250 + 1))
  while taken "$number"; do number=$((number % 250 + 1)); done
  echo "$number"
}

# taken NUMBER: does another lab live on this network?
taken() {
  for other in "$labs"/*/network; do
    [ "$other" = "$state/network" ] || [ ! -s "$other" ] || [ "$(cat "$other")" != "$1" ] || return 0
  done
  return 1
}
