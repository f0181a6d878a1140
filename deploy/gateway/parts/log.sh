
# --- log: what the mail log says of TLS, from where the last reading ended; nothing is changed, and no lock is taken

longest_reading=4194304

# Of what delivers mail every line, of what takes it those that begin, end or describe a session. For awk, which reads no backslashes.
log_lines='/(smtp|lmtp)[[][0-9]+[]]: |/smtpd[[][0-9]+[]]: ([0-9A-Za-z]+: client=|disconnect from |lost connection after STARTTLS |SSL_accept error |NOQUEUE: |.*(TLS connection |TLS library problem|certificate verification failed))'

# mail_log CURSOR LIMIT reads at most LIMIT bytes of it.
mail_log() {
  { natural "$2" && [ "$2" -ge 1 ] && [ "$2" -le "$longest_reading" ]; } ||
    refuse bad-request "a reading of the log has 1 to $longest_reading bytes"
  cursor=$1 limit=$2 gap=no more=no
  case $cursor in
    - | file:*:*:* | journal:*) ;;
    *) refuse bad-request "'$cursor' is not a cursor of a log" ;;
  esac
  command -v awk >/dev/null || refuse unsupported 'awk is missing; install it'
  log_file
  case ${log:+file}:$cursor in
    file:journal:* | :file:*) cursor=- gap=yes ;;
  esac
  if [ -n "$log" ]; then read_log_file; else read_journal; fi
  say "log ${log:-journal}"
  say "cursor $cursor"
  say "more $more"
  say "gap $gap"
  # For times without year and zone (RFC 3164).
  say "now $(date +%s)"
  say "zone $(date +%z)"
  printf 'text lines %s\n%s\n' "${#text}" "$text"
  finish 0
}

# log_file sets log, empty when it is the journal. A file that has said nothing for a week is of a syslog that is gone.
log_file() {
  for log in "$(postconf -h maillog_file 2>/dev/null)" /var/log/mail.log /var/log/maillog /var/log/mail; do
    [ -f "$log" ] || continue
    if [ -n "$(find "$log" -mtime -8)" ] || ! command -v journalctl >/dev/null; then return; fi
  done
  log=
  command -v journalctl >/dev/null ||
    refuse unsupported 'there is no mail log here, neither a file nor a journal; set maillog_file in main.cf'
}

# read_log_file sets text, cursor, more and gap.
read_log_file() {
  if [ "$cursor" = - ]; then
    begin_log_file
  else
    find_log_file
  fi
  inode=$(log_inode "$found")
  room=$(($(log_size "$found") - offset))
  # Rotated files grow no more.
  [ "$found" = "$log" ] || more=yes
  [ "$room" -le "$limit" ] || more=yes room=$limit
  take_whole_lines
  text=$(log_from "$found" "$offset" | head -c "$taken" | awk -v lines="$log_lines" '$0 ~ lines')
  offset=$((offset + taken))
  cursor=file:$inode:$offset:$(log_sum "$found" "$offset")
  [ "$inode" = "$(log_inode "$found")" ] || refuse busy 'the log was rotated just now; try again'
}

# begin_log_file: a first reading has the last LIMIT bytes, from the beginning of a line.
begin_log_file() {
  found=$log offset=$(($(log_size "$log") - limit))
  if [ "$offset" -le 0 ]; then
    offset=0
  else
    offset=$((offset + $(log_from "$log" "$offset" | head -n 1 | wc -c)))
  fi
}

# find_log_file: a cursor is file:INODE:OFFSET:SUM. A file is known again by the SUM of its first bytes, up to OFFSET, wherever a rotation, or
# a copy that one made, has put it. What was read to its end is followed by the next newer one.
find_log_file() {
  rest=${cursor#file:}
  old_inode=${rest%%:*} rest=${rest#*:}
  offset=${rest%%:*} old_sum=${rest#*:}
  natural "$offset" || refuse bad-request "'$cursor' is not a cursor of a log"
  newer=
  for found in $(log_files); do
    if same_log "$found"; then
      [ -z "$newer" ] || [ "$(log_size "$found")" -gt "$offset" ] || { found=$newer && offset=0; }
      return
    fi
    newer=$found
  done
  gap=yes found=$log offset=0
}

same_log() {
  [ "$(log_size "$1")" -ge "$offset" ] && [ "$(log_sum "$1" "$offset")" = "$old_sum" ] &&
    { [ "$offset" -ge 256 ] || [ "$(log_inode "$1")" = "$old_inode" ]; }
}

# log_files: the log, and where logrotate(8), `postfix logrotate` and others put the ones before it, the newest first.
log_files() {
  say "$log"
  set +f
  # shellcheck disable=SC2012  # names of logs
  ls -t "$log".* "$log"-* 2>/dev/null | head -n 5
}

# log_from FILE OFFSET
log_from() {
  case $1 in
    *.gz) gzip -dc "$1" 2>/dev/null | tail -c "+$(($2 + 1))" ;;
    *) tail -c "+$(($2 + 1))" "$1" ;;
  esac
}

log_size() {
  case $1 in
    *.gz) gzip -dc "$1" 2>/dev/null | wc -c ;;
    *) wc -c <"$1" ;;
  esac
}

# log_sum FILE OFFSET: the sum of its first bytes, at most 256 of them.
log_sum() {
  first=$2
  [ "$first" -le 256 ] || first=256
  log_from "$1" 0 2>/dev/null | head -c "$first" | cksum | { read -r told _ && say "$told"; }
}

# shellcheck disable=SC2012  # stat(1) is not the same everywhere
log_inode() { ls -di "$1" | { read -r inode _ && say "$inode"; }; }

# take_whole_lines sets taken: room without a line that is still being written. One that is longer than a reading is passed over.
take_whole_lines() {
  taken=$room
  [ "$room" -gt 0 ] && [ -n "$(log_from "$found" "$offset" | head -c "$room" | tail -c 1)" ] || return 0
  whole=$(($(log_from "$found" "$offset" | head -c "$room" | sed '$d' | wc -c)))
  if [ "$whole" -gt 0 ] || { [ "$room" -lt "$limit" ] && [ "$found" = "$log" ]; }; then taken=$whole; fi
}

# read_journal: a cursor is journal: and the journal's own, its `;` written as `+`. A first reading has the last day. The entry at the cursor was
# read before; when it is not there any more, something between the two is not either.
read_journal() {
  text=$(journal_entries | awk -v after="$(journal_cursor)" -v limit="$limit" -v lines="$log_lines" '
    function field(name) { return substr($0, length(name) + 2) }
    /^__CURSOR=/ { id = field("__CURSOR") }
    /^__REALTIME_TIMESTAMP=/ { time = field("__REALTIME_TIMESTAMP") }
    /^_HOSTNAME=/ { host = field("_HOSTNAME") }
    /^SYSLOG_IDENTIFIER=/ { program = field("SYSLOG_IDENTIFIER") }
    /^SYSLOG_PID=/ { process = field("SYSLOG_PID") }
    /^_PID=/ { if (process == "") process = field("_PID") }
    /^MESSAGE=/ { message = field("MESSAGE") }
    { bytes += length($0) + 1 }
    /^$/ {
      if (id == "") next
      if (bytes > limit && last != "") { more = "yes"; exit }
      seen += 1
      if (seen == 1 && after != "" && id != after) gap = "yes"
      line = "@" substr(time, 1, length(time) - 6) "." substr(time, length(time) - 5) " " host " " program "[" process "]: " message
      if (id != after && line ~ lines) kept[count += 1] = line
      last = id
      id = time = host = program = process = message = ""
    }
    END {
      if (last == "") last = after
      gsub(/;/, "+", last)
      print last, (more == "yes" ? more : "no"), (gap == "yes" ? gap : "no")
      for (i = 1; i <= count; i += 1) print kept[i]
    }')
  # shellcheck disable=SC2046  # into words
  set -- $(printf '%s\n' "$text" | head -n 1)
  case $text in
    *"$newline"*) text=${text#*"$newline"} ;;
    *) text= ;;
  esac
  case $# in
    2) cursor=- more=$1 ;;
    *) cursor=journal:$1 more=$2 && [ "$3" = no ] || gap=yes ;;
  esac
}

journal_cursor() {
  case $cursor in
    journal:*) printf '%s\n' "${cursor#journal:}" | tr + ';' ;;
  esac
}

# journal_entries: those of the facility mail, in journalctl's export format (systemd.journal-fields(7)).
journal_entries() {
  case $cursor in
    -) set -- --since=-1d ;;
    *) set -- "--cursor=$(journal_cursor)" ;;
  esac
  journalctl --quiet --no-pager --output=export \
    --output-fields=MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_HOSTNAME SYSLOG_FACILITY=2 "$@" 2>/dev/null
}
