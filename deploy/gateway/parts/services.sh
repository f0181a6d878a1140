
# --- services other than Postfix: who may read which file, the links that lead to them, and the commands that tell them

# Each command an administrator allows is a file here, that only root may change; a push can name it, and say nothing more.
reload_folder=/etc/signet/reload.d

# give_files PLAN gives files of the staged generation to whoever is to read them. The folders above may then be passed through by
# all, and listed by none: what is in them is closed by its own mode.
give_files() {
  folders="$state $state/generations $staged"
  while read -r word owner group mode files; do
    [ "$word" = access ] || continue
    for path in $files; do
      [ -f "$path" ] || refuse invalid "the bundle has no $path"
      until case " $folders " in *" ${path%/*} "*) ;; *) false ;; esac do
        path=${path%/*}
        folders="$folders $path"
      done
    done
    # shellcheck disable=SC2086  # paths without blanks
    why=$(chown "$owner:$group" $files 2>&1) ||
      refuse invalid "no file can be given to the user $owner and the group $group here: ${why%%"$newline"*}"
    # shellcheck disable=SC2086
    why=$(chmod "$mode" $files 2>&1) || cannot 'the files cannot be given to those who read them' "$why"
  done <"$1"
  # shellcheck disable=SC2086  # paths of ours
  why=$(chmod 711 $folders 2>&1) || cannot 'the files cannot be given to those who read them' "$why"
}

# check_links [PATH FILE]...: nothing of others stands where a link is to be, and what it leads to holds keys and certificates alone,
# so that no other program could take it for a command or a setting of its own.
check_links() {
  linked=
  while [ $# -gt 0 ]; do
    [ -f "$2" ] || refuse invalid "the bundle has no $2"
    [ -d "${1%/*}" ] || refuse invalid "there is no folder ${1%/*} here for $1; make it first"
    [ ! -e "$1" ] && [ ! -L "$1" ] || ours "$1" ||
      refuse invalid "$1 is there already, and not as a link of Signet's; move it away, or choose another path"
    [ "$1" = "$nginx_file" ] || linked="$linked $2"
    shift 2
  done
  # shellcheck disable=SC2086  # paths without blanks
  [ -z "$linked" ] || ! grep -qvE '^(-----(BEGIN|END) [A-Z ]+-----|[A-Za-z0-9+/=]+)$' $linked ||
    refuse invalid 'what a link leads to must hold keys and certificates, and nothing else'
}

# remember_links [PATH FILE]... adds to the list of all paths that ever had a link, so that each can be found when it is to go.
remember_links() {
  known=$newline
  [ ! -f "$state/links" ] || known=$newline$(cat "$state/links")$newline
  more=
  while [ $# -gt 0 ]; do
    case $known in
      *"$newline$1$newline"*) ;;
      *) more="$more$1$newline" ;;
    esac
    shift 2
  done
  [ -n "$more" ] || return 0
  known=${known#"$newline"}$more
  put links "${known%"$newline"}" || cannot_write 'the links cannot be recorded'
}

# remember_kept [PATH FILE]... notes in the generation which of these are links that Signet left when it went: a revert makes them again.
remember_kept() {
  former=
  while [ $# -gt 0 ]; do
    old=$(readlink "$1") || old=
    case $old in
      "$kept_root"/*) former="$former$1 $old$newline" ;;
    esac
    shift 2
  done
  [ -n "$former" ] || return 0
  { printf '%s' "$former" >undo/links; } 2>/dev/null || cannot_write 'the links cannot be recorded'
  durables="$durables undo/links"
}

# undo_kept GENERATION makes the links again that Signet had left and that this generation replaced.
undo_kept() {
  [ -f "$1/undo/links" ] || return 0
  while read -r path old; do
    [ -e "$path" ] || [ -L "$path" ] || ln -s "$old" "$path" 2>/dev/null || unlinked="$unlinked $path"
    folders="$folders ${path%/*}"
  done <"$1/undo/links"
}

# ours PATH: is it a link of Signet's? One that it left when it went is, too: it leads to what was Signet's.
ours() {
  [ -L "$1" ] || return 1
  case $(readlink "$1") in
    "$state"/current/files/* | "$kept_root"/*) ;;
    *) return 1 ;;
  esac
}

# find_target sets target to the folder that the links of the current generation lead to.
find_target() {
  target=$state/current/files
  [ ! -f "$state/current/plan" ] || while read -r word path; do
    [ "$word" != kept ] || target=$path
  done <"$state/current/plan"
}

# leads PATH FILE: is it the link to that file? target is set.
leads() { [ -L "$1" ] && [ "$(readlink "$1")" = "$target/${2#files/}" ]; }

# hide PATH sets hidden to a name beside it that nobody reads who reads the whole folder.
hide() { hidden=${1%/*}/.${1##*/}.signet; }

# set_links makes the links those of the current generation, and adds their folders to folders; unlinked are the paths where that does
# not work. A link that the generation does not have is only hidden until the verdict, so that a revert has it back without room on the disk.
set_links() {
  unlinked='' wanted=' '
  [ -f "$state/links" ] || return 0
  find_target
  [ ! -f "$state/current/plan" ] || while read -r word path file; do
    [ "$word" = link ] || continue
    wanted="$wanted$path "
    set_link "$path" "$file" || unlinked="$unlinked $path"
  done <"$state/current/plan"
  while read -r path; do
    case $wanted in
      *" $path "*) continue ;;
    esac
    ours "$path" || continue
    hide "$path"
    mv -fT "$path" "$hidden" || unlinked="$unlinked $path"
    folders="$folders ${path%/*}"
  done <"$state/links"
}

set_link() {
  ! leads "$1" "$2" || return 0
  { [ ! -e "$1" ] && [ ! -L "$1" ]; } || ours "$1" || return 1
  hide "$1"
  leads "$hidden" "$2" || ln -sfn "$target/${2#files/}" "$hidden" 2>/dev/null || return 1
  folders="$folders ${1%/*}"
  mv -fT "$hidden" "$1"
}

# remove_hidden removes what is hidden, once nothing is pending.
remove_hidden() {
  [ -f "$state/links" ] || return 0
  while read -r path; do
    hide "$path"
    [ ! -L "$hidden" ] || rm -f "$hidden"
  done <"$state/links"
}

# remove_links removes all of Signet's links. nginx would not start again with a file that is gone, so it goes on without it at once.
remove_links() {
  remove_hidden
  [ -f "$state/links" ] || return 0
  while read -r path; do
    ours "$path" || continue
    rm -f "$path"
    [ "$path" != "$nginx_file" ] || nginx_reload
  done <"$state/links"
  rm -f "$state/links"
}

# allowed_reload NAME: is there such a command, and could nobody but root have put it there?
allowed_reload() {
  [ -f "$reload_folder/$1" ] && [ -x "$reload_folder/$1" ] && [ ! -L "$reload_folder/$1" ] || return 1
  for owner_and_mode in $(stat -c %u:%a "${reload_folder%/*}" "$reload_folder" "$reload_folder/$1"); do
    case $owner_and_mode in
      0:*[2367][0-7] | 0:*[2367]) return 1 ;;
      0:*) ;;
      *) return 1 ;;
    esac
  done
}

check_reloads() {
  for name in "$@"; do
    allowed_reload "$name" ||
      refuse invalid "there is no command $reload_folder/$name here that root alone may change and that can be run; its administrator must put it there"
  done
}

# reload_service NAME runs an allowed command; it must hold neither the lock nor the channel.
reload_service() {
  allowed_reload "$1" && timeout 20 env -i "PATH=$PATH" "$reload_folder/$1" </dev/null >/dev/null 2>&1 9<&-
}

service_facts() {
  names=
  if [ -d "$reload_folder" ]; then
    set +f
    for path in "$reload_folder"/*; do
      path=${path##*/}
      case $path in
        *[!a-z0-9-]*) ;;
        *) ! allowed_reload "$path" || names="$names $path" ;;
      esac
    done
    set -f
  fi
  say "reloads$names"
  { [ -r "$state/links" ] && [ -r "$state/current/plan" ]; } || return 0
  find_target
  while read -r word path file; do
    if [ "$word" != link ]; then
      continue
    elif leads "$path" "$file"; then
      say "link $path placed"
    elif [ -e "$path" ] || [ -L "$path" ]; then
      say "link $path foreign"
    else
      say "link $path gone"
    fi
  done <"$state/current/plan"
}
