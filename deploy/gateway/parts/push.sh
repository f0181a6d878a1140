
# --- push: stage, validate, activate, wait for the verdict

push() {
  [ "$1" = 1 ] || refuse bad-request "this script speaks push 1, not push $1"
  read_header
  installed
  # Only now, after any wait for a header.
  lock 5 || refuse busy 'another verb is at work here; try again'
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
  epoch='' script='' digest='' base='' window='' believed=
  while IFS= read -r line; do
    case $line in
      *[!A-Za-z0-9._/:=+@\ -]*) refuse bad-request 'a line of the header has characters that none may have' ;;
    esac
    # shellcheck disable=SC2086  # into words
    set -- $line
    case $#:${1-} in
      2:epoch) epoch=$2 ;;
      2:script) script=$2 ;;
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
  sha256 "$digest" || refuse bad-request 'the header needs a digest'
  [ "$base" = - ] || sha256 "$base" || refuse bad-request 'the header needs a base'
  { natural "$window" && [ "$window" -ge 1 ] && [ "$window" -le 3600 ]; } ||
    refuse bad-request 'the header needs a window of 1 to 3600 seconds'
  { natural "$length" && [ "$length" -le "$longest_bundle" ]; } ||
    refuse bad-request "a bundle may have at most $longest_bundle bytes"
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

# stage unpacks the bundle into the next generation. The controller has 30 seconds to send it, as the lock is held.
stage() {
  next_number
  staged=$state/generations/$generation.new
  remember "$staged" "$state/bundle"
  [ ! -e "$staged" ] || rm -rf "$staged"
  why=$(mkdir "$staged" 2>&1) || cannot 'no generation can be made' "$why"
  cd "$staged" || cannot 'no generation can be made' ''
  why=$(timeout 30 head -c "$length" 2>&1 >"$state/bundle") || [ -z "$why" ] || cannot 'the bundle cannot be stored' "$why"
  sums "$state/bundle"
  sum_of "$state/bundle"
  [ "$sum" = "$bundle_digest" ] || refuse invalid 'the bundle came damaged, or not whole within 30 seconds'
  why=$(tar -xf "$state/bundle" --no-same-owner --no-same-permissions 2>&1) || cannot 'the bundle cannot be unpacked' "$why"
  odd=$(find . ! -type f ! -type d 2>&1)
  [ -z "$odd" ] || refuse invalid 'the bundle holds something else than files and folders'
  [ -f plan ] || refuse invalid 'the bundle has no plan'
}

# next_number: numbers only grow, so that `reverted 7` is forever about the same generation.
next_number() {
  generation=${ended:-0}
  [ "$current" -le "$generation" ] || generation=$current
  set +f
  for path in "$state"/generations/*; do
    path=${path##*/}
    ! natural "$path" || [ "$path" -le "$generation" ] || generation=$path
  done
  set -f
  generation=$((generation + 1))
}

# read_plan checks every word before any of them is acted on.
read_plan() {
  lives='' keys='' binds='' postfix='' activation=
  while read -r word one two three rest; do
    [ -z "$activation" ] || refuse bad-request 'activate must be the last line of the plan'
    case $word in
      live)
        allowed_live "$one" || refuse invalid "$one is not a file that Signet may change"
        { sha256 "$two" && sha256 "$three"; } || refuse bad-request "the plan needs two digests for $one"
        [ -f "live$one" ] || refuse invalid "the bundle has no new text for $one"
        lives="$lives $one $two $three"
        ;;
      key)
        case $one in
          files/*[!A-Za-z0-9._/-]* | *..*) refuse bad-request 'the plan names a key by a path that none may have' ;;
          files/*) keys="$keys $one" ;;
          *) refuse bad-request 'the plan names a key outside files/' ;;
        esac
        ;;
      postfix) postfix=yes ;;
      bind)
        case $one in
          all) ;;
          '' | *[!0-9a-f.:]*) refuse bad-request "the plan binds '$one', which is not an address" ;;
        esac
        { natural "$two" && [ "$two" -ge 1 ] && [ "$two" -le 65535 ]; } ||
          refuse bad-request "the plan binds $one without a port"
        binds="$binds $one $two"
        ;;
      activate) activation=$one ;;
      *) refuse bad-request "the plan has a line that this script does not know: $word" ;;
    esac
  done <plan
  case $activation in
    none | reload | restart) ;;
    *) refuse bad-request 'the plan does not end with activate none, reload or restart' ;;
  esac
}

validate() {
  for path in $keys; do check_key "$path"; done
  # shellcheck disable=SC2086  # triples and pairs
  [ -z "$lives" ] || check_live $lives
  if [ -n "$postfix" ]; then
    complete_postfix
    check_postfix "$staged/live/etc/postfix"
  fi
  # shellcheck disable=SC2086
  [ -z "$binds" ] || check_binds $binds
  [ "$activation" = none ] || postfix_pid || refuse not-running 'Postfix does not run here; start it, then push again'
}

# check_key FILE: a key, its certificate first, and no certificate after it that cannot be read.
check_key() {
  [ -f "$1" ] || refuse invalid "the bundle has no $1"
  own=$(openssl pkey -in "$1" -passin pass: -pubout 2>/dev/null </dev/null) || refuse invalid "$1 has no private key that can be read"
  leaf=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) || refuse invalid "$1 has no certificate that can be read"
  [ "$own" = "$leaf" ] || refuse invalid "the private key in $1 does not fit its certificate"
  openssl crl2pkcs7 -nocrl -certfile "$1" -out /dev/null 2>/dev/null || refuse invalid "$1 has a certificate that cannot be read"
}

# check_live PATH OLD NEW...: the new texts came whole, and each can replace its file by a rename.
check_live() {
  texts=
  for path in $live_paths; do texts="$texts live$path"; done
  # shellcheck disable=SC2086  # paths without blanks
  sums $texts
  while [ $# -gt 0 ]; do
    sum_of "live$1"
    [ "$sum" = "$3" ] || refuse invalid "the new text for $1 is not what the plan says"
    [ ! -L "$1" ] || refuse invalid "$1 is a symbolic link; put a regular file in its place, so that it can be replaced at once"
    shift 3
  done
}

# complete_postfix puts the live text beside the new one where only one of the two changes, as postconf reads both. It would wait
# for a main.cf to be 2 seconds old: see prepare_live.
complete_postfix() {
  why=$({
    mkdir -p live/etc/postfix
    for path in /etc/postfix/main.cf /etc/postfix/master.cf; do
      [ -f "live$path" ] || cp "$path" "live$path" || exit
    done
    touch -d '1 minute ago' live/etc/postfix/main.cf
  } 2>&1) || cannot 'the settings cannot be checked' "$why"
}

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
