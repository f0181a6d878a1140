#!/bin/sh
# Installs what building and testing Signet needs: Debian packages, node modules, the compiled SQLite driver.
# Run it as often as you like: it does only what is missing, and starts no daemon on this machine.
# Usage: deploy/setup.sh [--demo | --bench]    --demo leaves out what only tests need; --bench does too, and adds Ansible
set -eu
cd "$(dirname "$0")/.."

packages='etcd-server etcd-client postfix openssh-server sudo cron busybox shellcheck iproute2 util-linux procps openssl
  swaks ca-certificates python3 make g++'
# What tests exchange PKCS#12 files with: certtool, pk12util, keytool (Java: 44 MB to download, 189 MB installed).
exchange='gnutls-bin libnss3-tools default-jre-headless'
# What tests sign zones and validate them with, inside their gateways.
dnssec='unbound ldnsutils'
# What gateways run beside Postfix in tests: a web server, and a directory for Postfix to look things up in.
daemons='nginx-light slapd ldap-utils postfix-ldap'
case ${1:-} in
  '') packages="$packages $exchange $dnssec $daemons" ;;
  --demo) ;;
  --bench) packages="$packages ansible-core" ;;
  *) sed -n '2,4s/^# //p' "$0" && exit 2 ;;
esac
policy=/usr/sbin/policy-rc.d

main() {
  missing=$(missing_packages)
  [ -z "$missing" ] || install_packages "$@"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null ||
    fail 'Node.js 20.19 or newer is missing: install it from https://nodejs.org or your distribution'
  install_modules
  build_sqlite
}

missing_packages() {
  for package in $packages; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

# install_packages leaves no new daemon running or enabled: Signet's tests start their own, in places of their own.
install_packages() {
  [ "$(id -u)" = 0 ] || fail "missing packages: $missing
run: sudo $0 $*
or:  sudo apt-get update && sudo apt-get install --no-install-recommends $missing"
  forbid_starting
  export DEBIAN_FRONTEND=noninteractive
  say 'updating the package lists'
  apt-get update -qq
  say "installing $missing"
  # shellcheck disable=SC2086  # a list of names
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
  leave_disabled
}

# forbid_starting tells Debian's maintainer scripts not to start services, until this script ends.
forbid_starting() {
  if [ -e "$policy" ]; then
    say "leaving your own $policy in charge of whether services start"
    return
  fi
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

# leave_disabled undoes what systemd would start at the next boot, for the packages that were not here before.
leave_disabled() {
  [ -d /run/systemd/system ] || return 0
  for package in $missing; do
    case $package in
      etcd-server) unit=etcd ;;
      openssh-server) unit=ssh ;;
      nginx-light) unit=nginx ;;
      postfix | cron | unbound | slapd) unit=$package ;;
      *) continue ;;
    esac
    say "disabling the newly installed service $unit"
    systemctl --quiet disable --now "$unit"
  done
}

install_modules() {
  [ ! -e node_modules/.package-lock.json ] ||
    [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ] || return 0
  [ ! -L node_modules ] ||
    fail 'node_modules is a symbolic link, and npm would empty the folder it points to; remove the link, then run this again'
  say 'installing node modules'
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
}

build_sqlite() {
  ! node -e "new (require('better-sqlite3'))(':memory:')" 2>/dev/null || return 0
  say 'building better-sqlite3 (about 70 seconds)'
  npm rebuild better-sqlite3 --loglevel=error
}

say() {
  echo "setup: $*"
}

fail() {
  echo "setup: $*" >&2
  exit 1
}

main "$@"
