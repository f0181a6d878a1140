
# --- install, upgrade, leave

sudo_rule=/etc/sudoers.d/signet

# install_here TYPE KEY [USER] puts the script, its folders, its boot hook and the controller's key in place; safe to repeat.
install_here() {
  user=${3:-${SUDO_USER:-root}}
  case $1:$2 in
    ssh-*:AAAA* | ecdsa-*:AAAA* | sk-*:AAAA*) ;;
    *) refuse bad-request 'install needs the type and the base64 of the controller'"'"'s public key' ;;
  esac
  [ "$(id -u)" = 0 ] || refuse failed 'installing needs root; use sudo'
  [ -f "$0" ] || refuse bad-request 'the script cannot find its own text; send it inside deploy/gateway/carrier'
  for tool in flock setsid sync sha256sum tar openssl timeout head cp mv ln df sed getent; do
    command -v "$tool" >/dev/null || refuse unsupported "the program '$tool' is missing; install it first"
  done
  home=$(home_of "$user") || refuse bad-request "there is no user '$user' here"

  why=$(place_script "$0" 2>&1) || cannot 'the script cannot be installed' "$why"
  why=$(make_state "$1 $2" 2>&1) || cannot 'the state folder cannot be made' "$why"
  install_hook
  ! read -r former 2>/dev/null <"$state/user" || [ "$former" = "$user" ] || (shut_out "$former")
  why=$({ let_in "$1" "$2" && put user "$user"; } 2>&1) || cannot "the key of $user cannot be installed" "$why"

  read -r identity <"$state/identity"
  say "identity $identity"
  say "script $version"
  say "boot-hook $hook"
  say "user $user"
  finish 0
}

# place_script FILE: whole or not at all, readable for the sudo of an ordinary user.
place_script() {
  sh -n "$1" && mkdir -p "${program%/*}" && chmod 755 "${program%/*}" && cp "$1" "$program.new" &&
    chown 0:0 "${program%/*}" "$program.new" && chmod 755 "$program.new" && durable "$program.new" &&
    mv "$program.new" "$program" && durable "${program%/*}"
}

# make_state KEY: another controller than the one whose key was here counts its own epochs, so they begin anew.
make_state() {
  mkdir -p "$state/generations" "$state/original" && chmod go-rw "$state" && chown 0:0 "$state" || return
  : >>"$state/lock"
  { [ -s "$state/epoch" ] && grep -qsF "$1 signet" "$home/.ssh/authorized_keys"; } || put epoch 0 || return
  if [ ! -s "$state/identity" ]; then
    put identity "$(cat /proc/sys/kernel/random/uuid)"
  fi
}

home_of() {
  entry=$(getent passwd "$1") || return
  entry=${entry%:*}
  say "${entry##*:}"
}

# let_in TYPE KEY gives the controller its way in. A home folder belongs to its user, so its files are touched as that user.
let_in() {
  if [ "$user" = root ]; then
    rm -f "$sudo_rule"
    authorize "$@"
    return
  fi
  command -v sudo >/dev/null || { echo 'sudo is missing' && return 1; }
  {
    say "Defaults!$program env_keep += \"SSH_ORIGINAL_COMMAND\", !requiretty"
    say "$user ALL=(root) NOPASSWD: $program \"\""
  } >"$sudo_rule.new" && chmod 440 "$sudo_rule.new" && visudo -cqf "$sudo_rule.new" && mv "$sudo_rule.new" "$sudo_rule" || return
  as_user "authorize $1 $2"
}

# shut_out USER takes that away again.
shut_out() {
  user=$1
  if [ "$user" = root ]; then
    home=$(home_of root) && change_keys
  else
    as_user forget
    rm -f "$sudo_rule"
  fi
}

as_user() { su -s /bin/sh -c "$program $1" "$user" </dev/null; }

# renew_key writes the controller's line again, as this version has it. One that cannot be found or written stays as it is.
renew_key() {
  { read -r user <"$state/user" && home=$(home_of "$user"); } 2>/dev/null || return 0
  line=$(grep -sF "$program\" " "$home/.ssh/authorized_keys") || return 0
  # shellcheck disable=SC2086  # into words
  set -- ${line##*"$program\" "}
  case $#:${1-}${2-} in
    *[!A-Za-z0-9@.:+/=-]*) return 0 ;;
    [23]:?*) (let_in "$1" "$2") >/dev/null 2>&1 || return 0 ;;
  esac
}

# authorize TYPE KEY replaces Signet's line in the authorized_keys of whoever runs this.
authorize() {
  command=$program
  [ "$user" = root ] || command="sudo -n $program"
  # Port 25 of anywhere is what the machine connects to for whoever may relay through it; sshd of 7.8 and later knows this *.
  permits='permitopen="127.0.0.1:*",permitopen="[::1]:*",permitopen="*:25"'
  for address in $(addresses); do
    case $address in
      address) ;;
      *:*) permits="$permits,permitopen=\"[$address]:*\"" ;;
      *) permits="$permits,permitopen=\"$address:*\"" ;;
    esac
  done
  change_keys "restrict,port-forwarding,$permits,command=\"$command\" $1 $2 signet"
}

# change_keys [LINE] takes Signet's line out of authorized_keys, and puts LINE in.
change_keys() {
  mkdir -p "$home/.ssh" || return
  keys=$(readlink -f "$home/.ssh/authorized_keys") || return
  if [ -f "$keys" ]; then
    cp -p "$keys" "$keys.signet-new" || return
    grep -vF "$program\" " "$keys" >"$keys.signet-new" || [ $? = 1 ] || return
  else
    : >"$keys.signet-new" || return
  fi
  { [ $# = 0 ] || say "$1" >>"$keys.signet-new"; } && durable "$keys.signet-new" && mv "$keys.signet-new" "$keys" &&
    durable "${keys%/*}"
}

# as_self COMMAND...: what as_user started, knowing whose files these are.
as_self() {
  user=$(id -un)
  home=$(home_of "$user") || exit 1
  "$@"
}

upgrade() {
  epoch='' length=
  while IFS= read -r line; do
    case $line in
      *[!A-Za-z0-9._\ -]*) refuse bad-request 'a line of the header has characters that none may have' ;;
    esac
    # shellcheck disable=SC2086  # into words
    set -- $line
    case $#:${1-} in
      2:epoch) epoch=$2 ;;
      3:script) length=$2 bundle_digest=$3 && break ;;
      *) refuse bad-request "the header has no line '$line'" ;;
    esac
  done
  [ -n "$length" ] || exit 1
  { natural "$epoch" && natural "$length" && [ "$length" -le "$longest_bundle" ]; } ||
    refuse bad-request 'the header needs an epoch and a length'
  installed
  lock 5 || refuse busy 'another verb is at work here; try again'
  check_epoch
  settle
  [ -z "$pending$reverting" ] || refuse pending "generation ${pending:-$reverting} is not decided, and its watchdog runs the old script"
  remember "$state/script"
  why=$(timeout 30 head -c "$length" 2>&1 >"$state/script") || [ -z "$why" ] || cannot 'the script cannot be stored' "$why"
  sums "$state/script"
  sum_of "$state/script"
  [ "$sum" = "$bundle_digest" ] || refuse invalid 'the script came damaged, or not whole within 30 seconds'
  sh -n "$state/script" 2>/dev/null || refuse invalid 'the script has a syntax error'
  why=$(place_script "$state/script" 2>&1) || cannot 'the script cannot be installed' "$why"
  discard
  unlock
  "$program" hook
  say "script $(installed_version)"
  finish 0
}

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
  [ -z "$1" ] || restore
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
  rm -rf "$state/current" "$state/generations" "$state/original" "$state/outcome"
  remove_links
  mkdir "$state/generations" "$state/original"
}
