
# --- activate: go live in a way that can be taken back

# activate makes everything that a revert will need, then goes live. `pending` comes to the disk together with the generation, in any
# order: until both are there nothing is live, so that a revert after a power cut changes nothing, and a failure leaves no trace.
activate() {
  durables="$state $state/pending $state/generations . undo digest $unpacked"
  [ -z "$changed" ] || prepare_live
  # shellcheck disable=SC2086  # pairs
  [ -z "$links" ] || { remember_links $links && remember_kept $links; }
  ways=generations/$generation
  [ "$current" = 0 ] || ways="$ways generations/$current"
  # shellcheck disable=SC2086  # paths of ours
  why=$(ln -s $ways undo 2>&1) || cannot 'the generation cannot be finished' "$why"
  this_boot
  clock
  remember "$state/pending"
  {
    printf '%s\n' "$digest $generation $current" >digest &&
      printf '%s\n' "generation $generation previous $current boot $this_boot deadline $((clock + window)) activate $activation" \
        >"$state/pending"
  } 2>/dev/null || cannot_write 'the generation cannot be finished'
  # shellcheck disable=SC2086  # paths of ours
  why=$(sync $durables 2>&1) || cannot 'the generation cannot be written to the disk' "$why"
  # From here on, whatever fails is a revert.
  leftovers=
  start_watchdog "$generation"
  go_live || give_up
}

# prepare_live: for each file its text from before Signet (once), an undo copy in the generation, and old and new text beside it, so
# that both the change and its revert are renames that need no room. The new text has owner, group and mode of the old one.
prepare_live() {
  # shellcheck disable=SC2086  # paths without blanks
  why=$(cp -p $changed undo 2>&1) || cannot 'the undo copies cannot be made' "$why"
  both=
  for path in $changed; do
    undo=undo/${path##*/}
    both="$both $undo live$path"
    durables="$durables $undo $path.signet-old $path.signet-new ${path%/*}"
    remember "$path.signet-new" "$path.signet-old"
    { why=$(cp -p "$undo" "$path.signet-old" 2>&1) && why=$(cp -p "$undo" "$path.signet-new" 2>&1) &&
      why=$(cp --preserve=timestamps "live$path" "$path.signet-new" 2>&1) &&
      { [ -f "$state/original$path" ] || why=$(keep_original "$path" 2>&1); }; } || cannot "$path cannot be prepared" "$why"
  done
  # The new texts came whole; and the old ones are compared once more, now that nothing but the change itself is left to do.
  # shellcheck disable=SC2086  # paths without blanks
  sums $both
  # shellcheck disable=SC2086  # triples
  set -- $lives
  while [ $# -gt 0 ]; do
    sum_of "live$1"
    [ "$sum" = "$3" ] || refuse invalid "the new text for $1 is not what the plan says"
    sum_of "undo/${1##*/}"
    [ "$sum" = "$2" ] || drift " $1"
    shift 3
  done
}

keep_original() {
  mkdir -p "$state/original${1%/*}" && copy "$1" "$state/original$1.new" &&
    mv "$state/original$1.new" "$state/original$1" && durable "$state/original${1%/*}"
}

# go_live: current first, so that new settings find their files; then links and live files; then who reads them.
go_live() {
  reason='the change could not be put in place'
  mv -fT "undo/$generation" "$state/current" || return 1
  folders=
  set_links
  reason="there can be no link at$unlinked"
  [ -z "$unlinked" ] || return 1
  reason='the change could not be put in place'
  for path in $changed; do
    mv "$path.signet-new" "$path" || return 1
    folders="$folders ${path%/*}"
  done
  case $activation in
    reload)
      reason='Postfix did not take the reload'
      postfix_reload || return 1
      ;;
    restart)
      reason='Postfix did not start again'
      postfix_restart || return 1
      ;;
  esac
  reason='nginx did not take the reload'
  [ -z "$nginx_plan" ] || nginx_reload || return 1
  for name in $reloads; do
    reason="$reload_folder/$name failed"
    reload_service "$name" || return 1
  done
  # Durable before the verdict is. `current` and the verdict are renames in one folder, and the disk keeps their order.
  # shellcheck disable=SC2086  # folders without blanks
  [ -z "$folders" ] || durable $folders
  [ -n "$changed" ] && [ "$activation" != none ] || return 0
  reason='Postfix died of the new settings'
  # shellcheck disable=SC2086  # pairs
  postfix_survives $binds
}

give_up() {
  revert "$reason"
  tell_ending confirmed "$generation"
}

# await_verdict lets go of the lock, so that whoever comes first can decide: this channel, another one, or the watchdog.
await_verdict() {
  unlock
  say "activated $generation"
  IFS= read -r verdict || exit 1
  case $verdict in
    confirm | revert) decide "$verdict" "$generation" ;;
  esac
  exit 1
}
