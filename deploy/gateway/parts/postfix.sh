
# --- Postfix

# postfix_pid sets master to its pid, when it runs. The usual place is tried first: postconf costs 60 ms of CPU.
postfix_pid() {
  postfix_pid_in /var/spool/postfix && return
  command -v postconf >/dev/null || return 1
  queue=$(postconf -h queue_directory 2>/dev/null)
  [ "$queue" != /var/spool/postfix ] && postfix_pid_in "$queue"
}

# postfix_pid_in QUEUE: a pid file outlives a power cut, so the process must be a master.
postfix_pid_in() {
  [ -s "$1/pid/master.pid" ] && read -r master <"$1/pid/master.pid" && natural "$master" &&
    [ -r "/proc/$master/comm" ] && read -r comm <"/proc/$master/comm" && [ "$comm" = master ]
}

postfix_reload() { postfix_pid && kill -HUP "$master" 2>/dev/null; }

# postfix_start: what it starts must hold neither the lock nor the channel.
postfix_start() { postfix start </dev/null >/dev/null 2>&1 9<&- && postfix_pid; }

postfix_restart() {
  postfix stop </dev/null >/dev/null 2>&1 9<&-
  postfix_start
}

# postfix_survives [ADDRESS PORT]... watches for half a second, and then until master has the new ports, 3 seconds at most: one that
# cannot bind a port dies, and every listener with it. Before that, Postfix's msg_fatal sleeps for a second, unless a signal wakes
# it; SIGCHLD is one that means nothing to a master in health. The first look is early, lest mail waits for the second.
postfix_survives() {
  tries=0 pause=0.08
  while [ "$tries" -lt 8 ]; do
    sleep "$pause"
    postfix_pid && kill -CHLD "$master" 2>/dev/null && sleep 0.02 && postfix_pid || return 1
    tries=$((tries + 1)) pause=0.38
    [ "$tries" -lt 2 ] || ! has_ports "$@" || break
  done
}

# has_ports [ADDRESS PORT]...: does master listen on each? Another's listener there is what it dies of.
has_ports() {
  [ $# -eq 0 ] || descriptors=$(ls -l "/proc/$master/fd" 2>/dev/null)
  while [ $# -gt 0 ]; do
    listening "$1" "$2" || return 1
    while read -r _ _ _ _ _ _ _ _ _ inode _; do
      case $descriptors in *"socket:[$inode]"*) ;; *) return 1 ;; esac
    done <<END
$listeners
END
    shift 2
  done
}

# check_postfix DIR refuses texts that postconf finds something wrong with, unless the live ones have the same fault.
# `postfix check` is no part of it: it takes 1.7 seconds of CPU to look at files that a push does not touch.
check_postfix() {
  checked=$1
  # postconf opens LDAP tables, and those of the generation are still where they were staged. A push of others costs no grep.
  if [ -d "$staged/files/ldap" ] && grep -qF "ldap:$state/current/files/" "$1/main.cf" "$1/master.cf"; then
    checked=$staged/checked
    why=$({
      mkdir "$checked" && for name in main.cf master.cf; do
        sed "s|ldap:$state/current/files/|ldap:$staged/files/|g" "$1/$name" >"$checked/$name" || exit
      done
    } 2>&1) || cannot 'the new settings cannot be checked' "$why"
  fi
  found=$(postconf -c "$checked" -n 2>&1 >/dev/null) || refuse invalid "Postfix does not accept the new settings: ${found##*"$newline"}"
  [ "$checked" = "$1" ] || rm -rf "$checked"
  [ -n "$found" ] || return 0
  known=$(postconf -c /etc/postfix -n 2>&1 >/dev/null)
  found=$(printf '%s\n' "$found" | warnings "$checked")
  known=$newline$(printf '%s\n' "$known" | warnings /etc/postfix)$newline
  while IFS= read -r warning; do
    case $known in
      *"$newline$warning$newline"*) ;;
      *) refuse invalid "Postfix does not accept the new settings: $warning" ;;
    esac
  done <<END
$found
END
}

# check_ldap FILE... refuses tables that Postfix cannot read. The key it is asked for is none that it would ask a server for (it wants
# UTF-8), as that may be away. A table is dated back, since Postfix waits until one is 2 seconds old.
check_ldap() {
  why=$(touch -d '1 minute ago' "$@" 2>&1) || cannot 'the tables cannot be dated' "$why"
  for path in "$@"; do
    [ -f "$path" ] || refuse invalid "the bundle has no $path"
    found=$(timeout 10 postmap -q "$(printf '\377')" "ldap:$(readlink -f "$path")" 2>&1)
    case $found in
      *fatal:\ *) refuse invalid "Postfix cannot look anything up with $path: ${found##*fatal: }" ;;
    esac
  done
}

# warnings DIR makes warnings comparable: without the folder they are about, the line number and the order. A value may name the
# same folder, further on.
warnings() { sed -e "s|$1/||" -e "s|$staged/files/|$state/current/files/|" -e 's/, line [0-9]*//' -e 's/^postconf: //' | sort -u; }
