
# --- activate: go live in a way that can be taken back

# activate makes everything that a revert will need, then goes live. Until `pending` is there, a failure leaves no trace.
activate() {
  durables="$state/generations $state/pending.new"
  # shellcheck disable=SC2086  # triples
  prepare_live $lives
  this_boot
  clock
  remember "$state/pending.new" "$state/current.new" "$state/current.old"
  {
    printf '%s\n' "$digest $generation $current" >digest &&
      printf '%s\n' "generation $generation previous $current boot $this_boot deadline $((clock + window)) activate $activation" \
        >"$state/pending.new"
  } 2>/dev/null || cannot_write 'the generation cannot be finished'
  why=$({
    ln -sfn "generations/$generation" "$state/current.new" &&
      { [ "$current" = 0 ] || ln -sfn "generations/$current" "$state/current.old"; } &&
      mv "$staged" "$state/generations/$generation"
  } 2>&1) || cannot 'the generation cannot be finished' "$why"
  remember "$state/generations/$generation"
  # One walk, from the generation that this stands in, makes all of it durable.
  # shellcheck disable=SC2086  # paths of ours
  why=$(find . -exec sync $durables {} + 2>&1) || cannot 'the generation cannot be written to the disk' "$why"
  why=$(mv "$state/pending.new" "$state/pending" 2>&1) || cannot 'the change cannot be marked as pending' "$why"
  # From here on, whatever fails is a revert.
  leftovers=
  reason='the change could not be marked as pending for good'
  { durable "$state" && start_watchdog "$generation" && go_live; } || give_up
}

# prepare_live PATH OLD NEW...: for each file its text from before Signet (once), an undo copy in the generation, and old and new
# text beside it, so that both the change and its revert are renames that need no room. The new text is dated a minute back:
# Postfix programs wait until a main.cf is 2 seconds old, lest someone is still writing it (dict_load_file_xt), and this one is whole.
prepare_live() {
  [ $# -gt 0 ] || return 0
  undos=
  for path in $live_paths; do undos="$undos undo$path"; done
  while [ $# -gt 0 ]; do
    remember "$1.signet-new" "$1.signet-old"
    why=$({
      mkdir -p "undo${1%/*}" && cp -p "$1" "undo$1" &&
        cp -p "undo$1" "$1.signet-old" &&
        cp -p "undo$1" "$1.signet-new" && cat "live$1" >"$1.signet-new" &&
        touch -d '1 minute ago' "$1.signet-new" && keep_original "$1"
    } 2>&1) || cannot "$1 cannot be prepared" "$why"
    # Compared once more, now that nothing but the change itself is left to do.
    # shellcheck disable=SC2086  # paths without blanks
    sums $undos
    sum_of "undo$1"
    [ "$sum" = "$2" ] || drift " $1"
    durables="$durables $1.signet-old $1.signet-new ${1%/*}"
    shift 3
  done
}

keep_original() {
  [ ! -f "$state/original$1" ] || return 0
  mkdir -p "$state/original${1%/*}" && copy "$1" "$state/original$1.new" &&
    mv "$state/original$1.new" "$state/original$1" && durable "$state/original${1%/*}"
}

# go_live: current first, so that new settings find their files; then the live files; then Postfix.
go_live() {
  reason='the change could not be put in place'
  mv -fT "$state/current.new" "$state/current" || return 1
  folders=
  # shellcheck disable=SC2086  # triples
  set -- $lives
  while [ $# -gt 0 ]; do
    mv "$1.signet-new" "$1" || return 1
    folders="$folders ${1%/*}"
    shift 3
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
  # shellcheck disable=SC2086
  durable "$state" $folders
  [ -n "$lives" ] && [ "$activation" != none ] || return 0
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
