
# --- nginx: the one file of its settings that is Signet's, a link like any other

nginx_file=/etc/nginx/conf.d/signet.conf

# nginx_pid sets nginx to the pid of its master, when it runs; a pid file outlives a power cut.
nginx_pid() {
  [ -s /run/nginx.pid ] && read -r nginx </run/nginx.pid && natural "$nginx" && [ -r "/proc/$nginx/comm" ] &&
    read -r comm <"/proc/$nginx/comm" && [ "$comm" = nginx ]
}

nginx_reload() { nginx_pid && kill -HUP "$nginx" 2>/dev/null; }

# check_nginx [FILE] lets nginx itself test its settings with FILE as it will be, its paths led to the staged files. A copy of
# nginx.conf must stand beside it, as paths in it are relative to its folder.
check_nginx() {
  nginx_pid || refuse not-running 'nginx does not run here; start it, then push again'
  [ $# = 1 ] || return 0
  [ -f "$1" ] || refuse invalid "the bundle has no $1"
  trial=/etc/nginx/.nginx.conf.signet
  remember "$trial"
  why=$({
    mkdir trial && sed "s|$state/current/files/|$staged/files/|g" "$1" >trial/signet.conf &&
      sed "s#^\\([[:space:]]*include[[:space:]]\\{1,\\}\\)\\(/etc/nginx/\\)\\{0,1\\}conf\\.d/\\*\\.conf[[:space:]]*;#\\1$staged/trial/*.conf;#" \
        /etc/nginx/nginx.conf >"$trial"
  } 2>&1) || cannot "nginx's settings cannot be tested" "$why"
  ! cmp -s /etc/nginx/nginx.conf "$trial" ||
    refuse invalid "/etc/nginx/nginx.conf does not include conf.d/*.conf, where Signet's servers are; include it"
  set +f
  for path in "${nginx_file%/*}"/*.conf; do
    [ "$path" = "$nginx_file" ] || [ ! -e "$path" ] || ln -s "$path" "trial/${path##*/}"
  done
  set -f
  found=$(nginx -t -q -c "$trial" 2>&1) || {
    found=${found#*emerg\] }
    refuse invalid "nginx does not accept the new settings: ${found%%"$newline"*}"
  }
  rm -rf trial "$trial"
}

# nginx_facts: its version, and what others than Signet let it listen on, as far as it runs.
nginx_facts() {
  found=$(nginx -v 2>&1)
  say "nginx ${found##*/}"
  nginx_pid || {
    say 'nginx-running no'
    return
  }
  say 'nginx-running yes'
  # Each file of the settings comes after a comment with its name.
  nginx -T 2>/dev/null | sed -e "\\|^# configuration file $nginx_file:|,\\|^# configuration file |{\\|^# configuration file $nginx_file:|d;/^# configuration file /!d;}" \
    -e 's/#.*//' -e 's/[{};]/\n/g' | sed -n 's/^[[:space:]]*listen[[:space:]]\{1,\}\([^[:space:]]\{1,\}\).*/nginx-listen \1/p' | sort -u
}
