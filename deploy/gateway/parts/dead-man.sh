
# --- the dead-man switch: whoever renames `pending` first decides

# settle finishes what was left: an interrupted revert, a generation that was pending before a restart, or one whose
# watchdog did not live to its deadline. The lock is held. `settle boot` leaves a stopped Postfix to the boot.
settle() {
  look
  if [ -n "$reverting" ]; then
    undo 'the revert was interrupted and finished later' "$@"
  elif [ -n "$pending" ]; then
    this_boot
    clock
    if [ "$boot" != "$this_boot" ]; then
      revert 'the machine restarted before it was confirmed' "$@"
    elif [ "$clock" -gt $((deadline + 1)) ]; then
      revert 'no confirmation came in time, and the watchdog was gone' "$@"
    fi
  fi
  look
}

# confirm N keeps the pending generation. The lock is held, so that no other can become pending in between.
confirm() {
  [ "$pending" = "$1" ] && mv "$state/pending" "$state/outcome" 2>/dev/null && durable "$state"
}

# revert SENTENCE [boot] claims the pending generation and undoes it; whoever lost the race undoes nothing.
revert() {
  ! mv "$state/pending" "$state/reverting" 2>/dev/null || undo "$@"
}

# undo SENTENCE [boot] puts back what was live before the generation that is marked `reverting`. Every step may be repeated.
undo() {
  read_marker "$state/reverting"
  undone=$pending sentence=$1
  durable "$state"
  undo_live "$state/generations/$undone"
  undo_current
  set_links
  undo_kept "$state/generations/$undone"
  for path in $unlinked; do sentence="$sentence; the link $path could not be put back"; done
  # shellcheck disable=SC2086  # paths of ours
  durable "$state" $folders
  undo_running "${2-}"
  [ "${2-}" = boot ] || undo_others
  [ -z "$kept" ] || rm -rf "$kept"
  put outcome "reverted $undone $sentence" && rm -f "$state/reverting" && durable "$state"
  tidy
}

# undo_live GENERATION puts back the live files that still are what that generation made of them. reloads are the commands it ran,
# nginx_plan says whether it told nginx, and kept is the folder it made to stay.
undo_live() {
  folders='' reloads='' nginx_plan='' kept=
  [ -f "$1/plan" ] || return 0
  while read -r word path was became; do
    case $word in
      reload) reloads="$reloads $path" ;;
      nginx) nginx_plan=nginx ;;
      kept) kept=$path ;;
    esac
    [ "$word" = live ] || continue
    folders="$folders ${path%/*}"
    sums "$path"
    sum_of "$path"
    case $sum in
      "$became")
        { [ -f "$path.signet-old" ] || copy "$1/undo/${path##*/}" "$path.signet-old"; } 2>/dev/null &&
          mv "$path.signet-old" "$path" || sentence="$sentence; $path could not be put back"
        ;;
      "$was") ;;
      *) sentence="$sentence; $path was changed by hand meanwhile and stays as it is" ;;
    esac
  done <"$1/plan"
}

# copy FROM TO makes a durable copy with the same owner, group and mode.
copy() { cp -p "$1" "$2" && durable "$2"; }

undo_current() {
  if [ "$previous" = 0 ]; then
    rm -f "$state/current"
    return
  fi
  at=
  [ ! -f "$state/current/digest" ] || read -r _ at _ <"$state/current/digest"
  [ "$at" != "$previous" ] || return 0
  old=$state/generations/$undone/undo/$previous
  [ -L "$old" ] || { old=$state/current.old && ln -sfn "generations/$previous" "$old"; }
  mv -fT "$old" "$state/current"
}

# undo_running [boot] makes Postfix read what was put back. It ran before the push, or there would have been none.
undo_running() {
  [ "$activation" != none ] || return 0
  if postfix_pid; then
    case $activation in
      restart) postfix_restart ;;
      *) postfix_reload && { [ -z "$folders" ] || postfix_survives; } ;;
    esac && return
  elif [ "$1" = boot ]; then
    return
  fi
  postfix_start || sentence="$sentence; Postfix does not start"
}

# undo_others: who was told of the generation is told again. At boot nobody was: services start after it.
undo_others() {
  [ -z "$nginx_plan" ] || nginx_reload || sentence="$sentence; nginx does not run"
  for name in $reloads; do
    reload_service "$name" || sentence="$sentence; $reload_folder/$name failed again"
  done
}

# tell_ending WANTED N answers with the truth about generation N.
tell_ending() {
  look
  [ "$reverting" != "$2" ] || ended=$2 ended_how=reverted ended_why='but that cannot be recorded: make room on the disk'
  [ "$ended" = "$2" ] || refuse bad-request "generation $2 is neither pending nor the last that was"
  say "$ended_how $2${ended_why:+ $ended_why}"
  say end
  tidy
  [ "$1" = "$ended_how" ] || exit 4
  exit 0
}

# decide confirm|revert N: the verdict from another channel.
decide() {
  natural "$2" || refuse bad-request "$1 what? Give the number of a generation"
  installed
  lock 60 || refuse busy 'another verb is at work here; try again'
  settle
  case $1 in
    confirm)
      confirm "$2"
      tell_ending confirmed "$2"
      ;;
    revert)
      [ "$pending" != "$2" ] || revert 'as asked'
      tell_ending reverted "$2"
      ;;
  esac
}

# start_watchdog N: in its own session, with nothing open, so that it outlives the channel, its process group, and sudo. What
# sleeps through the window is one line of shell; only where N is still unproven then does it become the watchdog.
start_watchdog() {
  # shellcheck disable=SC2016  # its own variables
  setsid sh -c 'cd /; sleep "$3"; read -r _ pending _ <"$4/pending" && [ "$pending" = "$2" ] && exec "$0" "$1" "$2"' \
    "$program" watchdog "$1" "$window" "$state" </dev/null >/dev/null 2>&1 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- &
}

watchdog() {
  while look && [ "$pending" = "$1" ] && clock && [ "$clock" -lt "$deadline" ]; do
    sleep $((deadline - clock))
  done
  [ "$pending" = "$1" ] || exit 0
  # Whoever holds the lock this long is stuck, and the rename decides anyway.
  lock 30
  look
  [ "$pending" != "$1" ] || revert 'no confirmation came in time'
}

boot() {
  installed
  lock 60
  settle boot
}

# tidy removes what is no longer of use: the bundle, undo copies, generations that were staged by half and so have no digest, and all
# but the current one, the one before it, and the newest five. The lock is held.
tidy() {
  look
  [ -z "$pending$reverting" ] || return 0
  remove_hidden
  useless=
  for path in $live_paths; do
    [ ! -e "$path.signet-old" ] || useless="$useless $path.signet-old"
    [ ! -e "$path.signet-new" ] || useless="$useless $path.signet-new"
  done
  for path in "$state/current.old" "$state/bundle"; do
    { [ ! -e "$path" ] && [ ! -L "$path" ]; } || useless="$useless $path"
  done
  set +f
  set -- "$state"/generations/*
  set -f
  whole=
  for path in "$@"; do
    if natural "${path##*/}" && [ -f "$path/digest" ]; then whole="$whole ${path##*/}"; else useless="$useless $path"; fi
  done
  for number in $whole; do
    newer=0
    for other in $whole; do [ "$other" -le "$number" ] || newer=$((newer + 1)); done
    [ "$newer" -lt 5 ] || [ "$number" = "$current" ] || [ "$number" = "$before" ] ||
      useless="$useless $state/generations/$number"
  done
  # shellcheck disable=SC2086  # paths of ours
  [ -z "$useless" ] || rm -rf $useless
}
