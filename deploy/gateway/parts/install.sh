
# --- install, upgrade

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
  for tool in flock setsid sync sha256sum tar openssl timeout head cp mv ln df sed find grep getent; do
    command -v "$tool" >/dev/null || refuse unsupported "the program '$tool' is missing; install it first"
  done
  home=$(home_of "$user") || refuse bad-request "there is no user '$user' here"

  why=$(place_script "$0" 2>&1) || cannot 'the script cannot be installed' "$why"
  why=$(make_state "$1 $2" 2>&1) || cannot 'the state folder cannot be made' "$why"
  lock 30 || refuse busy 'another verb is at work here; try again'
  look
  # A leave that broke off after what was live had become the machine's own: this is a machine like any other.
  [ -n "$pending$reverting" ] || ! flat || hand_over >/dev/null
  unlock
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
