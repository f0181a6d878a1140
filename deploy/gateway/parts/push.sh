
# --- push: what is asked and believed; then stage, validate, activate, and wait for the verdict

push() {
  [ "$1" = 1 ] || refuse bad-request "this script speaks push 1, not push $1"
  read_header
  installed
  # Only now, after any wait for a header.
  lock 5 || refuse busy 'another verb is at work here; try again'
  [ -z "$reached" ] || check_reached
  check_epoch
  [ "$script" = "$version" ] || {
    say "script $version"
    refuse script-version "the script here is $version, not $script; upgrade it"
  }
  settle
  [ -z "$reverting" ] || refuse no-space "the revert of generation $reverting waits for room on the disk; make some"
  [ -z "$pending" ] || {
    clock
    say "pending $pending $((deadline - clock))"
    refuse pending "generation $pending is unproven; confirm or revert it first"
  }
  compare
  stage
  read_plan
  validate
  activate
  await_verdict
}

# read_header reads the lines up to `bundle`, byte by byte as sh does, so that the bundle is left for head.
read_header() {
  epoch='' script='' reached='' digest='' base='' window='' believed=
  while IFS= read -r line; do
    case $line in
      *[!A-Za-z0-9._/:=+@\ -]*) refuse bad-request 'a line of the header has characters that none may have' ;;
    esac
    # shellcheck disable=SC2086  # into words
    set -- $line
    case $#:${1-} in
      2:epoch) epoch=$2 ;;
      2:script) script=$2 ;;
      3:reached) reached=$2 reached_epoch=$3 ;;
      2:digest) digest=$2 ;;
      2:base) base=$2 ;;
      2:window) window=$2 ;;
      3:live) believed="$believed $2 $3" ;;
      3:bundle) length=$2 bundle_digest=$3 && break ;;
      *) refuse bad-request "the header has no line '$line'" ;;
    esac
  done
  [ -n "${length-}" ] || exit 1
  natural "$epoch" || refuse bad-request 'the header needs an epoch'
  [ -z "$reached" ] || { natural "$reached" && natural "$reached_epoch"; } ||
    refuse bad-request 'the header needs a generation and an epoch that were reached'
  sha256 "$digest" || refuse bad-request 'the header needs a digest'
  [ "$base" = - ] || sha256 "$base" || refuse bad-request 'the header needs a base'
  { natural "$window" && [ "$window" -ge 1 ] && [ "$window" -le 3600 ]; } ||
    refuse bad-request 'the header needs a window of 1 to 3600 seconds'
  { natural "$length" && [ "$length" -le "$longest_bundle" ]; } ||
    refuse bad-request "a bundle may have at most $longest_bundle bytes"
}

# check_reached refuses where the disk was put back to an earlier state, as by a snapshot: both numbers only grow. Before the epoch
# is recorded, or the next one would not see it.
check_reached() {
  look
  newest=$current
  for number in $pending $reverting $ended; do [ "$number" -le "$newest" ] || newest=$number; done
  read -r seen <"$state/epoch"
  { [ "$newest" -ge "$reached" ] && [ "$seen" -ge "$reached_epoch" ]; } ||
    refuse set-back "the state here is generation $newest and epoch $seen, where $reached and $reached_epoch were reached"
}

# check_epoch refuses a controller that has been succeeded, and records a new one before anything else.
check_epoch() {
  read -r seen <"$state/epoch"
  [ "$epoch" -ge "$seen" ] || refuse stale-epoch "a controller of epoch $seen has been here, yours is $epoch"
  [ "$epoch" = "$seen" ] || put epoch "$epoch" || cannot_write 'the epoch cannot be recorded'
}

# compare ends here when there is nothing to do, or when what is here is not what the controller believes.
compare() {
  # shellcheck disable=SC2086  # paths without blanks
  sums $live_paths
  # shellcheck disable=SC2086  # pairs of path and digest
  set -- $believed
  differs=
  while [ $# -gt 0 ]; do
    allowed_live "$1" || refuse invalid "$1 is not a file that Signet may change"
    sum_of "$1"
    [ "$sum" = "$2" ] || differs="$differs $1"
    shift 2
  done
  if [ -z "$differs" ] && [ "$digest" = "$current_digest" ]; then
    if [ "$length" = 0 ] || [ "$base" != "$digest" ]; then
      say unchanged
      finish 0
    fi
  fi
  [ "$base" = "$current_digest" ] || differs=" generation $current$differs"
  [ -z "$differs" ] || drift "$differs"
  [ "$length" != 0 ] || refuse bad-request 'the digest is new, but there is no bundle'
}

# drift WHAT shows what is here instead of what was believed.
drift() {
  say "current $current $current_digest"
  # shellcheck disable=SC2086  # pairs
  for path in $believed; do
    [ ! -f "$path" ] || say_text "$path"
  done
  refuse drift "not as believed:$1"
}
