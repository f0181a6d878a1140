
# --- digests: whether what settings name is still what it was; nothing is changed, and no lock is taken

# digests NAME...: of a file, of the certificates in it; of a table, TYPE:PATH, of its rows in order. A key goes into no digest, and only
# the tables that Postfix itself asks are listed, so nothing else on the machine can be asked about.
digests() {
  tables=" $(postconf -xh smtp_tls_policy_maps 2>/dev/null | tr ',\n\t' '   ')"
  for name in "$@"; do
    sum=-
    case $name in
      /*) [ ! -f "$name" ] || sum=$(head -c 2000000 "$name" | certificates | digest) ;;
      *:/*)
        case $tables in
          *" $name "*) ! rows=$(postmap -s "$name" 2>/dev/null </dev/null) || sum=$(say "$rows" | sort | digest) ;;
        esac
        ;;
      *) refuse bad-request "'$name' is no path and no table" ;;
    esac
    say "digest $sum $name"
  done
  finish 0
}

certificates() { sed -n '/^-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/,/^-----END /p'; }

digest() {
  sha256sum | {
    read -r of_input _ && say "$of_input"
  }
}
