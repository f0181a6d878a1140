
# --- facts and status: what the machine is, and where it stands

facts() {
  say "script $(installed_version)"
  identity=
  [ ! -r "$state/identity" ] || read -r identity <"$state/identity"
  say "identity ${identity:--}"
  say "hostname $(hostname)"
  say "os $(os_name)"
  addresses
  read -r boot_id </proc/sys/kernel/random/boot_id
  say "boot-id $boot_id"
  say "clock $(date +%s)"
  boot_hook
  say "boot-hook $hook"
  say_free
  service_facts
  ! command -v nginx >/dev/null || nginx_facts
  ! command -v postconf >/dev/null || postfix_facts
  finish 0
}

installed_version() {
  found=
  [ ! -r "$program" ] || found=$(sed -n 's/^version=//p;/^version=/q' "$program")
  say "${found:--}"
}

os_name() {
  for file in /etc/os-release /usr/lib/os-release; do
    [ -r "$file" ] || continue
    while IFS= read -r line; do
      case $line in
        PRETTY_NAME=*)
          line=${line#*=} line=${line#[\"\']}
          say "${line%[\"\']}"
          return
          ;;
      esac
    done <"$file"
  done
  uname -sr
}

# addresses: what a listener could be bound to by others' choice; not loopback, not link-local.
addresses() {
  if command -v ip >/dev/null; then
    ip -o addr show scope global 2>/dev/null | while read -r _ _ _ address _; do say "address ${address%/*}"; done
  else
    addresses4 | while read -r address; do
      case $address in
        127.* | 169.254.*) ;;
        *) say "address $address" ;;
      esac
    done
  fi
}

say_free() {
  folder=$state
  [ -d "$folder" ] || folder=/var/lib
  df -Pk "$folder" | {
    read -r _ && read -r _ _ _ free _ && say "free-kilobytes ${free:-0}"
  }
}

# postfix_facts: one postconf for all parameters, expanded, each on one line.
postfix_facts() {
  config=/etc/postfix queue=/var/spool/postfix
  postconf -x mail_version config_directory queue_directory myhostname inet_interfaces inet_protocols relayhost \
    transport_maps default_transport smtp_dns_support_level smtp_tls_policy_maps mail_owner 2>/dev/null | {
    while IFS= read -r line; do
      name=${line%% =*} value=${line#* =}
      value=${value# }
      case $name in
        mail_version)
          say "postfix $value"
          if postfix_pid; then say 'running yes'; else say 'running no'; fi
          ;;
        config_directory) config=$value && say "config-directory $value" ;;
        queue_directory) queue=$value && say "queue-directory $value" ;;
        *) say "parameter $name $value" ;;
      esac
    done
    resolvers "$queue"
    [ -r "$config/master.cf" ] || return
    services "$config/master.cf"
    say_text "$config/main.cf"
    say_text "$config/master.cf"
  }
}

# resolvers QUEUE: whom Postfix asks, and whether they prove what they say (RFC 6840 5.8). They are asked for the SOA of the root, which is
# signed: yes with the AD bit, no without it, failed for an error, silent without an answer within two seconds. The delivery process is
# usually in a chroot, which has its own resolv.conf; without one, or an empty one, the resolver of the machine itself is asked.
resolvers() {
  file=/etc/resolv.conf
  [ ! -e "$1/etc/resolv.conf" ] || file=$1/etc/resolv.conf
  asked=$(sed -n 's/^nameserver[ 	]*\([0-9a-fA-F.:]*\).*/\1/p' "$file" 2>/dev/null | head -n 3)
  # shellcheck disable=SC2086  # addresses
  set -- ${asked:-127.0.0.1}
  if ! command -v perl >/dev/null; then
    for each in "$@"; do say "resolver $each untried"; done
    return
  fi
  # shellcheck disable=SC2016  # perl's variables
  perl -MSocket=:all -e '
    my (%socket, %answer);
    my $query = pack "n6xn2", $$ & 0xffff, 0x0120, 1, 0, 0, 0, 6, 1;
    for my $server (@ARGV) {
      my $ipv6 = $server =~ /:/;
      my $packed = inet_pton($ipv6 ? AF_INET6 : AF_INET, $server) or next;
      socket(my $socket, $ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0) or next;
      connect($socket, $ipv6 ? pack_sockaddr_in6(53, $packed) : pack_sockaddr_in(53, $packed)) or next;
      $socket{$server} = $socket if defined send($socket, $query, 0);
    }
    my $end = time + 2;
    while (%socket && (my $left = $end - time) > 0) {
      my $ready = "";
      vec($ready, fileno $_, 1) = 1 for values %socket;
      select($ready, undef, undef, $left) > 0 or last;
      for my $server (keys %socket) {
        vec($ready, fileno $socket{$server}, 1) or next;
        my $reply = "";
        my (undef, $flags) = defined recv($socket{$server}, $reply, 512, 0) ? unpack "n2", $reply : ();
        $answer{$server} = $flags & 15 ? "failed" : $flags & 0x20 ? "yes" : "no" if defined $flags;
        delete $socket{$server};
      }
    }
    print "resolver $_ ", $answer{$_} // "silent", "\n" for @ARGV;' "$@" 2>/dev/null
}

# services FILE: the port of each service that master.cf names by a word of services(5).
services() {
  told=' '
  while IFS= read -r line; do
    case $line in
      '' | [\#\ \	]*) continue ;;
    esac
    # shellcheck disable=SC2086  # into words
    set -- $line
    [ "${2-}" = inet ] || continue
    name=${1##*:}
    case $name in
      '' | *[!a-z0-9_-]*) continue ;;
      *[!0-9]*) ;;
      *) continue ;;
    esac
    case $told in
      *" $name "*) continue ;;
    esac
    told="$told$name "
    port=$(service_port "$name")
    [ -z "$port" ] || say "service $name $port"
  done <"$1"
}

service_port() {
  if command -v getent >/dev/null; then
    getent services "$1/tcp" | { read -r _ port _ && say "${port%/*}"; }
  else
    sed -n -e 's/#.*//' -e "/[0-9]\/tcp/{s/\$/ /;/^$1[ 	]\|[ 	]$1[ 	]/{s/^[^ 	]*[ 	]*//;s/\/.*//p;q;}}" /etc/services
  fi
}

status() {
  installed
  # A verb at work is no reason not to say how things are.
  if lock 0; then settle; else look; fi
  read -r identity <"$state/identity"
  read -r epoch <"$state/epoch"
  say "script $version"
  say "identity $identity"
  say "epoch $epoch"
  say "current $current $current_digest"
  if [ -n "$pending" ]; then
    clock
    say "pending $pending $((deadline - clock))"
  fi
  [ -z "$reverting" ] || say "reverting $reverting"
  [ -z "$ended" ] || say "outcome $ended_how $ended${ended_why:+ $ended_why}"
  # shellcheck disable=SC2086  # paths without blanks
  sums $live_paths
  for path in $live_paths; do
    sum_of "$path"
    [ "$sum" = - ] || say "live $path $sum"
  done
  if postfix_pid; then
    say 'running yes'
  elif command -v postconf >/dev/null; then
    say 'running no'
  fi
  boot_hook
  say "boot-hook $hook"
  say_free
  finish 0
}
