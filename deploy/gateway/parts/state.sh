
# --- what is on the gateway: read without running a program, written so that a power cut leaves old or new

# durable FILE...: on the disk before this returns. sync(1) takes files since coreutils 8.24; an older one syncs everything.
durable() { sync "$@" 2>/dev/null; }

# put NAME TEXT replaces a small file of the state folder.
put() {
  printf '%s\n' "$2" 2>/dev/null >"$state/$1.new" && durable "$state/$1.new" &&
    mv "$state/$1.new" "$state/$1" && durable "$state"
}

# full: is that why the shell could not write? Its own message does not say.
full() {
  df -Pk "$state" 2>/dev/null | {
    read -r _ && read -r _ _ _ free _ && [ "${free:-0}" -lt 64 ]
  }
}

# cannot_write SENTENCE refuses after the shell itself could not write.
cannot_write() {
  why=
  ! full || why='No space left on device'
  cannot "$1" "$why"
}

installed() {
  { [ -x "$state" ] && [ -f "$state/identity" ] && [ -f "$state/lock" ]; } ||
    refuse failed "Signet is not installed here, or this is not root: join the machine first"
}

# lock SECONDS waits for the turn to change anything. Opened for reading, so that it works on a full or read-only disk.
# From then on, writing to a channel that is gone must not end the script halfway.
lock() {
  trap '' PIPE
  exec 9<"$state/lock"
  flock -w "$1" 9
}

unlock() { exec 9<&-; }

# look reads where the machine stands.
look() {
  current=0 current_digest=- before=
  [ ! -f "$state/current/digest" ] || read -r current_digest current before <"$state/current/digest"
  pending=
  [ ! -f "$state/pending" ] || read_marker "$state/pending"
  reverting=
  [ ! -f "$state/reverting" ] || { read_marker "$state/reverting" && reverting=$pending pending=; }
  ended='' ended_how='' ended_why=''
  [ ! -f "$state/outcome" ] || read -r ended_how ended ended_why <"$state/outcome"
  # The marker itself becomes the outcome of a confirmation, so that one rename decides.
  [ "$ended_how" != generation ] || ended_how=confirmed ended_why=
}

# read_marker FILE: `generation 7 previous 6 boot BOOT deadline 5021 activate reload`. One that a power cut left without its end says
# nothing: until the whole of it is on the disk, nothing is live.
read_marker() {
  read -r _ pending _ previous _ boot _ deadline _ activation <"$1"
  [ -n "$activation" ] || pending=
}

# this_boot names this start of the machine: the start time of process 1 tells a container's, as it shares its host's boot id.
this_boot() {
  read -r boot_id </proc/sys/kernel/random/boot_id
  read -r first </proc/1/stat
  # shellcheck disable=SC2086  # into words
  set -- ${first##*) }
  this_boot=$boot_id:${20}
}

# clock counts seconds since the start of the machine: whoever sets the time of day changes nothing.
clock() {
  read -r clock _ </proc/uptime
  clock=${clock%.*}
}

# sums FILE... reads their digests, for sum_of.
sums() { sums=$newline$(sha256sum "$@" 2>/dev/null)$newline; }

# sum_of FILE sets sum, `-` for a file that is not there.
sum_of() {
  sum=${sums%%"  $1$newline"*}
  [ "$sum" != "$sums" ] && sum=${sum##*"$newline"} || sum=-
}

# allowed_live PATH: may a push change it?
allowed_live() {
  case " $live_paths " in
    *" $1 "*) ;;
    *) return 1 ;;
  esac
}

# allowed_trust PATH: is it a list of authorities that a system keeps?
allowed_trust() {
  case " $trust_paths " in
    *" $1 "*) ;;
    *) return 1 ;;
  esac
}

# allowed_link PATH: may there be a link of Signet's? Only by a name that nothing else takes for its own settings or commands.
allowed_link() {
  case $1 in
    *[!A-Za-z0-9._/-]* | *//* | */.* | */-* | "$state"/* | /proc/* | /sys/* | /dev/*) return 1 ;;
    /*.pem | /*.crt | /*.cer | /*.cert | /*.key | "$nginx_file") ;;
    *) return 1 ;;
  esac
}

# remember FILE... marks what discard has to remove again.
remember() { leftovers="$leftovers $*"; }

leftovers=
discard() {
  # shellcheck disable=SC2086  # paths of ours, without blanks
  [ -z "$leftovers" ] || rm -rf $leftovers
  leftovers=
}
