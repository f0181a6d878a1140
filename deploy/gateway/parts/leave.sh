
# --- leave: Signet goes; what it made live stays, or what was there before comes back

leave() {
  case $1 in
    '' | restore) ;;
    *) refuse bad-request "leave what? There is only 'leave' and 'leave restore'" ;;
  esac
  # Whoever asks over the key is a controller, and may have been succeeded; root by hand is neither.
  epoch=
  if [ -n "$asked" ]; then
    IFS= read -r line
    epoch=${line#epoch }
    natural "$epoch" || refuse bad-request 'leave needs an epoch'
  fi
  installed
  lock 60 || refuse busy 'another verb is at work here; try again'
  [ -z "$epoch" ] || check_epoch
  settle
  [ -z "$pending$reverting" ] || refuse pending "generation ${pending:-$reverting} is not decided; confirm or revert it first"
  if [ -n "$1" ]; then restore; else flatten_now; fi
  tidy
  remove_hook
  read -r user <"$state/user" && shut_out "$user"
  rm -rf "${program%/*}"
  say left
  finish 0
}

# restore puts the files from before Signet back, and what is there now if Postfix does not survive that.
restore() {
  files='' how=reload
  for path in $live_paths; do
    sums "$path" "$state/original$path"
    sum_of "$state/original$path"
    [ "$sum" != - ] || continue
    original=$sum
    sum_of "$path"
    [ "$sum" != "$original" ] || continue
    files="$files $path"
    case $path in
      */master.cf) how=restart ;;
    esac
    remember "$path.signet-old" "$path.signet-new"
    # What was edited by hand in it stays where it can be found.
    why=$({ copy "$path" "$path.signet-old" && mkdir -p "$state/replaced${path%/*}" && copy "$path" "$state/replaced$path" &&
      copy "$state/original$path" "$path.signet-new"; } 2>&1) ||
      cannot "$path cannot be restored" "$why"
  done
  leftovers=
  if [ -n "$files" ]; then
    ran=
    ! postfix_pid || ran=yes
    for path in $files; do mv "$path.signet-new" "$path"; done
    durable /etc/postfix
    if [ -n "$ran" ] && ! { "postfix_$how" && postfix_survives; }; then
      for path in $files; do mv "$path.signet-old" "$path"; done
      durable /etc/postfix
      postfix_restart
      refuse failed 'Postfix does not run with the settings from before Signet; everything is as it was'
    fi
  fi
  rm -rf "$state/current" "$state/left" "$state/generations" "$state/original" "$state/outcome"
  remove_links
  mkdir "$state/generations" "$state/original"
}
