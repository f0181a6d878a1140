
# --- stage and validate: until all of it holds, nothing that is live is touched

# stage unpacks the bundle into the next generation. The controller has 30 seconds to send it, as the lock is held.
stage() {
  next_number
  staged=$state/generations/$generation
  remember "$staged" "$state/bundle"
  why=$(mkdir "$staged" "$staged/undo" 2>&1) || cannot 'no generation can be made' "$why"
  cd "$staged" || cannot 'no generation can be made' ''
  why=$(timeout 30 head -c "$length" 2>&1 >"$state/bundle") || [ -z "$why" ] || cannot 'the bundle cannot be stored' "$why"
  sums "$state/bundle"
  sum_of "$state/bundle"
  [ "$sum" = "$bundle_digest" ] || refuse invalid 'the bundle came damaged, or not whole within 30 seconds'
  # tar prints the name of all that it makes. Only when it fails is it asked once more, for the reason.
  names=$(tar -xvf "$state/bundle" --no-same-owner --no-same-permissions 2>/dev/null) ||
    cannot 'the bundle cannot be unpacked' "$(tar -xf "$state/bundle" --no-same-owner --no-same-permissions 2>&1)"
  check_names
  [ -f plan ] || refuse invalid 'the bundle has no plan'
}

# check_names believes no name before it has looked, and sets unpacked to all that there is, folders above included.
check_names() {
  case $names in
    *[!A-Za-z0-9._/$newline-]*) refuse invalid 'the bundle has a file with a name that none may have' ;;
  esac
  unpacked=
  for path in $names; do
    path=${path%/}
    case /$path/ in
      */../*) refuse invalid 'the bundle has a file with a name that none may have' ;;
      /plan/ | /files/* | /live/*) ;;
      *) refuse invalid 'the bundle holds something else than plan, files and live' ;;
    esac
    { [ ! -L "$path" ] && { [ -f "$path" ] || [ -d "$path" ]; }; } ||
      refuse invalid 'the bundle holds something else than files and folders'
    until case " $unpacked " in *" $path "*) ;; *) false ;; esac do
      unpacked="$unpacked $path"
      path=${path%/*}
    done
  done
}

# next_number: numbers only grow, so that `reverted 7` is forever about the same generation. One that was staged by half, when the
# machine went down, is removed with the rest when this push is refused, and by tidy when it is not.
next_number() {
  generation=${ended:-0}
  [ "$current" -le "$generation" ] || generation=$current
  set +f
  for path in "$state"/generations/*; do
    [ -f "$path/digest" ] || remember "$path"
    path=${path##*/}
    ! natural "$path" || [ "$path" -le "$generation" ] || generation=$path
  done
  set -f
  generation=$((generation + 1))
}

# read_plan checks every word before any of them is acted on.
read_plan() {
  lives='' changed='' keys='' systems='' accesses='' links='' reloads='' tables='' nginx_plan='' binds='' postfix='' activation=
  while read -r word one two three rest; do
    [ -z "$activation" ] || refuse bad-request 'activate must be the last line of the plan'
    case $word in
      live)
        allowed_live "$one" || refuse invalid "$one is not a file that Signet may change"
        { sha256 "$two" && sha256 "$three"; } || refuse bad-request "the plan needs two digests for $one"
        [ -f "live$one" ] || refuse invalid "the bundle has no new text for $one"
        lives="$lives $one $two $three" changed="$changed $one"
        ;;
      key)
        check_file "$one" 'a key'
        keys="$keys $one"
        ;;
      system)
        check_file "$one" 'a trust list'
        allowed_trust "$two" || refuse invalid "$two is not a list of authorities that a system keeps"
        systems="$systems $one $two"
        ;;
      access)
        check_access "$one" "$two" "$three"
        for path in $rest; do check_file "$path" 'a file to read'; done
        accesses=yes
        ;;
      link)
        allowed_link "$one" || refuse invalid "$one is no path where Signet may put a link"
        check_file "$two" 'a file to link to'
        links="$links $one $two"
        ;;
      reload)
        case $one in
          '' | *[!a-z0-9-]*) refuse bad-request "the plan names the command '$one', which none may be called" ;;
        esac
        reloads="$reloads $one"
        ;;
      ldap)
        check_file "$one" 'a table'
        tables="$tables $one"
        ;;
      nginx)
        [ -z "$one" ] || check_file "$one" 'the settings of nginx'
        nginx_plan="nginx $one"
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

# check_file PATH WHAT refuses a path that leads out of the files of the generation.
check_file() {
  case $1 in
    files/*[!A-Za-z0-9._/-]* | *..*) refuse bad-request "the plan names $2 by a path that none may have" ;;
    files/*) ;;
    *) refuse bad-request "the plan names $2 outside files/" ;;
  esac
}

check_access() {
  case $1/$2 in
    /* | */ | */*/* | [-.]* | */[-.]* | *[!A-Za-z0-9._/-]*) refuse bad-request "the plan gives files to '$1' and '$2', which none may be called" ;;
  esac
  case $3 in
    0400 | 0440 | 0444 | 0600 | 0640 | 0644) ;;
    *) refuse bad-request "the plan gives files the mode '$3'" ;;
  esac
}

validate() {
  # shellcheck disable=SC2086  # paths without blanks
  [ -z "$keys" ] || check_keys $keys
  # shellcheck disable=SC2086  # pairs
  [ -z "$systems" ] || add_systems $systems
  [ -z "$accesses" ] || give_files plan
  # shellcheck disable=SC2086  # pairs
  [ -z "$links" ] || check_links $links
  # shellcheck disable=SC2086  # names
  [ -z "$reloads" ] || check_reloads $reloads
  # shellcheck disable=SC2086  # paths without blanks
  [ -z "$tables" ] || check_ldap $tables
  # shellcheck disable=SC2086  # a path without blanks, or none
  [ -z "$nginx_plan" ] || check_nginx ${nginx_plan#nginx}
  [ -z "$changed" ] || check_live
  if [ -n "$postfix" ]; then
    complete_postfix
    check_postfix "$staged/live/etc/postfix"
  fi
  # shellcheck disable=SC2086
  [ -z "$binds" ] || check_binds $binds
  [ "$activation" = none ] || postfix_pid || refuse not-running 'Postfix does not run here; start it, then push again'
}

# check_keys FILE...: two runs of openssl for all of them, as each costs more than any other program here. Signing needs a key
# and the first certificate, which must fit; what it makes is thrown away.
check_keys() {
  signers='' chains=''
  for path in "$@"; do
    [ -f "$path" ] || refuse invalid "the bundle has no $path"
    signers="$signers -signer $path" chains="$chains -certfile $path"
  done
  # shellcheck disable=SC2086  # options and paths without blanks
  if openssl smime -sign -binary -nocerts -passin pass: $signers -in /dev/null -out /dev/null 2>/dev/null </dev/null &&
    openssl crl2pkcs7 -nocrl $chains -out /dev/null 2>/dev/null; then
    return
  fi
  for path in "$@"; do check_key "$path"; done
}

# check_key FILE: a key, its certificate first, and no certificate after it that cannot be read. It says what is wrong, and takes
# what smime cannot sign with: Ed25519.
check_key() {
  own=$(openssl pkey -in "$1" -passin pass: -pubout 2>/dev/null </dev/null) || refuse invalid "$1 has no private key that can be read"
  leaf=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) || refuse invalid "$1 has no certificate that can be read"
  [ "$own" = "$leaf" ] || refuse invalid "the private key in $1 does not fit its certificate"
  openssl crl2pkcs7 -nocrl -certfile "$1" -out /dev/null 2>/dev/null || refuse invalid "$1 has a certificate that cannot be read"
}

# add_systems FILE LIST...: the system's own authorities at the end of a trust list, which then can be read to its end.
add_systems() {
  while [ $# -gt 0 ]; do
    [ -f "$1" ] || refuse invalid "the bundle has no $1"
    [ -s "$2" ] || refuse invalid "there are no authorities in $2; install ca-certificates here"
    why=$(cat "$2" 2>&1 >>"$1") || cannot 'the trust list cannot be stored' "$why"
    openssl crl2pkcs7 -nocrl -certfile "$1" -out /dev/null 2>/dev/null || refuse invalid "$2 has a certificate that cannot be read"
    shift 2
  done
}

# check_live: each new text can replace its file by a rename. It is dated a minute back: Postfix programs wait until a main.cf is
# 2 seconds old, lest someone is still writing it (dict_load_file_xt), and this one is whole.
check_live() {
  texts=
  for path in $changed; do
    [ ! -L "$path" ] || refuse invalid "$path is a symbolic link; put a regular file in its place, so that it can be replaced at once"
    texts="$texts live$path"
  done
  # shellcheck disable=SC2086  # paths without blanks
  why=$(touch -d '1 minute ago' $texts 2>&1) || cannot 'the new texts cannot be dated' "$why"
}

# complete_postfix puts the live text beside the new one where only one of the two changes, as postconf reads both.
complete_postfix() {
  [ -d live/etc/postfix ] || why=$(mkdir -p live/etc/postfix 2>&1) || cannot 'the settings cannot be checked' "$why"
  for path in /etc/postfix/main.cf /etc/postfix/master.cf; do
    [ -f "live$path" ] || why=$(cp -p "$path" "live$path" 2>&1) || cannot 'the settings cannot be checked' "$why"
  done
}
