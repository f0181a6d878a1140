
# --- flatten: before Signet goes, what it made live becomes the machine's own, and nothing there names Signet's folder any more

# flatten is a push of the gateway's own making: one more generation, by which all that is live reads a folder outside it.
flatten() {
  epoch='' window=
  while IFS= read -r line; do
    case $line in
      epoch\ *) epoch=${line#epoch } ;;
      window\ *) window=${line#window } && break ;;
      *) refuse bad-request "the header has no line '$line'" ;;
    esac
  done
  natural "$epoch" || refuse bad-request 'the header needs an epoch'
  { natural "$window" && [ "$window" -ge 1 ] && [ "$window" -le 3600 ]; } ||
    refuse bad-request 'the header needs a window of 1 to 3600 seconds'
  installed
  lock 60 || refuse busy 'another verb is at work here; try again'
  check_epoch
  settle
  [ -z "$pending$reverting" ] || refuse pending "generation ${pending:-$reverting} is not decided; confirm or revert it first"
  if [ "$current" = 0 ] || flat; then
    say unchanged
    finish 0
  fi
  stage_flat
  activate
  await_verdict
}

# flatten_now does it for leave, as far as that was not done before, with no proof but Postfix's health; then Signet's copies go.
flatten_now() {
  [ "$current" != 0 ] || return 0
  if ! flat; then
    window=60
    stage_flat
    activate
    look
    confirm "$generation" || tell_ending confirmed "$generation"
  fi
  hand_over
}

# flat: does what is live read nothing of the generations any more?
flat() {
  find_target
  [ "$target" != "$state/current/files" ]
}

# stage_flat makes a generation of the files as they are, for whoever still reads the old ones until it is told, and the folder that
# stays: the same files, where they name each other by their new places. All that is checked before a push is checked here.
stage_flat() {
  next_number
  staged=$state/generations/$generation number=1
  while [ -e "$kept_root/$number" ] || [ -L "$kept_root/$number" ]; do number=$((number + 1)); done
  stays=$kept_root/$number
  remember "$staged" "$stays"
  why=$({ mkdir -p "$state/current/files" "$kept_root" && chmod 711 "$kept_root" && mkdir "$staged" "$staged/undo" &&
    chmod "$(stat -c %a "$state/current/.")" "$staged" &&
    cp -a "$state/current/files" "$staged" && cp -a "$state/current/files" "$stays"; } 2>&1) || cannot "$stays cannot be made" "$why"
  cd "$staged" || cannot 'no generation can be made' ''
  names=$(grep -rlF "$state/current/files/" files)
  for path in $names; do lead_away "$path" "$stays/${path#files/}"; done
  flatten_live
  flatten_links
  activation=none
  [ -z "$changed" ] || ! postfix_pid || activation=reload
  write_flat_plan || cannot_write 'the generation cannot be finished'
  sums plan
  sum_of plan
  digest=$sum reloads='' binds='' unpacked=plan
  # What was copied comes to the disk here, the rest with the generation.
  why=$(sync 2>&1) || cannot 'what stays cannot be written to the disk' "$why"
}

# lead_away FROM TO writes a text again, with the folder that stays for the generation's. TO keeps its owner and mode.
lead_away() {
  why=$({ sed "s|$state/current/files/|$stays/|g" "$1" >"$2"; } 2>&1) || cannot "$2 cannot be written" "$why"
}

# flatten_live makes the new texts of the live files, and lets Postfix look at them.
flatten_live() {
  lives='' changed=
  for path in $live_paths; do
    grep -qsF "$state/current/files/" "$path" || continue
    why=$(mkdir -p "live${path%/*}" 2>&1) || cannot 'the new settings cannot be written' "$why"
    lead_away "$path" "live$path"
    sums "$path" "live$path"
    sum_of "$path"
    lives="$lives $path $sum"
    sum_of "live$path"
    lives="$lives $sum" changed="$changed $path"
  done
  [ -n "$changed" ] || return 0
  check_live
  tables=$(grep -rohE "ldap:$stays/[A-Za-z0-9._/-]+" live | sed 's/^ldap://' | sort -u)
  # shellcheck disable=SC2086  # paths without blanks
  [ -z "$tables" ] || check_ldap $tables
  complete_postfix
  check_postfix "$staged/live/etc/postfix"
}

# flatten_links finds the links that are in place; nginx, where it reads one, tests what it leads to.
flatten_links() {
  links='' nginx_plan=
  find_target
  while read -r word path file; do
    { [ "$word" = link ] && leads "$path" "$file"; } || continue
    links="$links $path $file"
    { [ "$path" = "$nginx_file" ] && nginx_pid; } || continue
    check_nginx "$stays/${file#files/}"
    nginx_plan="nginx $file"
  done <"$state/current/plan"
}

write_flat_plan() {
  # shellcheck disable=SC2086  # triples and pairs of words
  {
    { [ -z "$lives" ] || printf 'live %s %s %s\n' $lives; } && { [ -z "$links" ] || printf 'link %s %s\n' $links; } &&
      { [ -z "$nginx_plan" ] || say "$nginx_plan"; } && say "kept $stays" && say "activate $activation"
  } 2>/dev/null >plan
}

# hand_over ends it, once nothing that is live reads a generation: these go, with their keys. Who was led to a path in them by someone
# else finds the same file there as long as this folder stays, and is named.
hand_over() {
  find_target
  find "$target" -type f | sort | while read -r path; do say "kept $path"; done
  rm -rf "$state/current" "$state/left" "$state/generations" "$state/outcome" "$state/links"
  mkdir "$state/generations"
  rmdir "$target" 2>/dev/null || { mkdir "$state/left" && ln -s "$target" "$state/left/files" && ln -s left "$state/current"; }
  { grep -rlIF "$state/current/" /etc && find /etc -type l -lname "$state/*"; } 2>/dev/null | while read -r path; do say "names $path"; done
}
