
# --- addresses and ports

# listening ADDRESS PORT: does something? Sets listeners to its lines in /proc/net, where 0A is the state LISTEN.
listening() {
  socket_hex "$1" "$2"
  listeners=$(grep -Ehs "^ *[0-9]+: $socket [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6)
  [ -n "$listeners" ]
}

# occupied ADDRESS PORT: would a bind fail because of another listener? A wildcard and an address of its family exclude each other.
occupied() {
  socket_hex "$1" "$2"
  case $1 in
    all) socket="[0-9A-F]+:$port_hex" ;;
    *:*) socket="($socket|0{32}:$port_hex)" ;;
    # A listener on :: takes IPv4 as well, unless it asked not to; /proc does not say which.
    *) socket="($socket|0{8}:$port_hex|0{32}:$port_hex)" ;;
  esac
  grep -Eqs "^ *[0-9]+: $socket [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6
}

# socket_hex ADDRESS PORT sets port_hex, and socket to the pattern of the local address in /proc/net/tcp and tcp6.
socket_hex() {
  port_hex=$(printf %04X "$2")
  case $1 in
    all) socket="(0{8}|0{32}):$port_hex" ;;
    *:*) ipv6_hex "$1" && socket="$(swap_words "$hex"):$port_hex" ;;
    *) ipv4_hex "$1" && socket="$hex:$port_hex" ;;
  esac
}

# ipv4_hex ADDRESS: the kernel prints a word of memory, so a little-endian machine shows the octets backwards.
ipv4_hex() {
  # shellcheck disable=SC2046,SC2086  # four numbers
  set -- $(IFS=. && printf '%s ' $1)
  hex=$(printf '%02X%02X%02X%02X' "$4" "$3" "$2" "$1")
}

# ipv6_hex ADDRESS sets hex to its 32 digits in network order.
ipv6_hex() {
  case $1 in
    *::*) left=$(hex_groups "${1%%::*}") right=$(hex_groups "${1#*::}") ;;
    *) left=$(hex_groups "$1") right= ;;
  esac
  zeros=00000000000000000000000000000000
  fill=$((32 - ${#left} - ${#right}))
  hex=$left$(printf %.${fill}s "$zeros")$right
}

hex_groups() {
  # shellcheck disable=SC2046,SC2086  # hexadecimal groups
  for group in $(IFS=: && printf '%s ' $1); do printf %04X "0x$group"; done
}

# swap_words HEX: each of the four words as the kernel prints it.
swap_words() {
  rest=$1
  while [ -n "$rest" ]; do
    word=${rest%"${rest#????????}"} rest=${rest#????????}
    while [ -n "$word" ]; do
      printf %s "${word#"${word%??}"}"
      word=${word%??}
    done
  done
}

# has_address ADDRESS: is it one of this machine's?
has_address() {
  case $1 in
    all) ;;
    *:*)
      ipv6_hex "$1"
      grep -iqs "^$hex " /proc/net/if_inet6
      ;;
    *) addresses4 | grep -Fqx "$1" ;;
  esac
}

# addresses4: in the kernel's routing tree an address of the machine is the leaf above a line `/32 host LOCAL`.
addresses4() {
  sed -n -e '/|-- /{s/.*|-- //;h;}' -e '/\/32 host LOCAL/{x;p;x;}' /proc/net/fib_trie 2>/dev/null | sort -u
}

# check_binds [ADDRESS PORT]... refuses unless each can be bound now: `postfix reload` answers 0 and then master dies, with every
# listener, when a new port is taken. perl-base (essential on Debian) really binds; without it /proc/net must do.
check_binds() {
  if command -v perl >/dev/null; then
    # shellcheck disable=SC2016  # perl's variables
    verdict=$(perl -MSocket=:all -e '
      my $six = -s "/proc/net/if_inet6";
      while (my ($address, $port) = splice @ARGV, 0, 2) {
        my @at = $address ne "all" ? ($address) : $six ? ("0.0.0.0", "::") : ("0.0.0.0");
        for my $one (@at) {
          my $ipv6 = $one =~ /:/;
          my $packed = inet_pton($ipv6 ? AF_INET6 : AF_INET, $one);
          print("invalid $one is not an address") && exit if !defined $packed;
          socket(my $socket, $ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0) or next;
          setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
          setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) if $ipv6;
          next if bind($socket, $ipv6 ? pack_sockaddr_in6($port, $packed) : pack_sockaddr_in($port, $packed));
          print($!{EADDRNOTAVAIL} ? "invalid $one is not an address of this machine"
            : "port-taken port $port of $address cannot be bound: $!");
          exit;
        }
      }' "$@" 2>&1)
    # shellcheck disable=SC2086  # a code, then a sentence
    [ -z "$verdict" ] || refuse $verdict
    return
  fi
  while [ $# -gt 0 ]; do
    has_address "$1" || refuse invalid "$1 is not an address of this machine"
    ! occupied "$1" "$2" || refuse port-taken "port $2 of $1 is in use"
    shift 2
  done
}
