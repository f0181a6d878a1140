
# --- the boot hook: what reverts an unconfirmed change after a restart

unit=/etc/systemd/system/signet-revert.service
cron_job=/etc/cron.d/signet

# boot_hook sets hook to the kind there is; on a machine that has not joined, to the kind there would be.
boot_hook() {
  hook=none
  if with_systemd; then
    hook=systemd
    [ ! -e "$program" ] || [ -e "/etc/systemd/system/multi-user.target.wants/${unit##*/}" ] || hook=none
  elif with_cron; then
    hook=cron
    [ ! -e "$program" ] || [ -e "$cron_job" ] || hook=none
  fi
}

with_systemd() { [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }

# with_cron: one that reads /etc/cron.d and is running, as Debian's cron and cronie do.
with_cron() {
  [ -d /etc/cron.d ] && [ -s /run/crond.pid ] && read -r cron <"/run/crond.pid" && natural "$cron" &&
    [ -r "/proc/$cron/comm" ] && read -r comm <"/proc/$cron/comm" &&
    case $comm in
      cron | crond) ;;
      *) return 1 ;;
    esac
}

install_hook() {
  if with_systemd; then
    print_unit >"$unit.new" && chmod 644 "$unit.new" && mv "$unit.new" "$unit" &&
      systemctl daemon-reload >/dev/null 2>&1 && systemctl enable "${unit##*/}" >/dev/null 2>&1
  elif with_cron; then
    # cron passes over names with a dot, so the new file counts only once it is whole.
    say "@reboot root $program boot" >"$cron_job.new" && chmod 644 "$cron_job.new" && mv "$cron_job.new" "$cron_job" &&
      durable "${cron_job%/*}"
  fi
  boot_hook
}

remove_hook() {
  if [ -e "$unit" ]; then
    ! with_systemd || systemctl disable "${unit##*/}" >/dev/null 2>&1
    rm -f "$unit"
    ! with_systemd || systemctl daemon-reload >/dev/null 2>&1
  fi
  rm -f "$cron_job"
}

print_unit() {
  cat <<'END'
@signet-revert.service@
END
}
