
# --- the verb: by hand from the arguments, otherwise what the client asked sshd for

asked=
if [ $# -eq 0 ]; then
  asked=yes
  case ${SSH_ORIGINAL_COMMAND-} in
    *[!A-Za-z0-9._/:=+@\ -]*) refuse bad-request 'the request has characters that none may have' ;;
  esac
  # shellcheck disable=SC2086  # into words; nothing is evaluated
  set -- ${SSH_ORIGINAL_COMMAND-}
fi
case $#:${1-} in
  1:facts) facts ;;
  [34]:install) install_here "$2" "$3" "${4-}" ;;
  2:push) push "$2" ;;
  1:status) status ;;
  3:log) mail_log "$2" "$3" ;;
  ?*:digests) shift && digests "$@" ;;
  2:confirm | 2:revert) decide "$1" "$2" ;;
  1:upgrade) upgrade ;;
  1:flatten) flatten ;;
  [12]:leave) leave "${2-}" ;;
  2:watchdog) watchdog "$2" ;;
  1:boot) boot ;;
  1:hook) install_hook && renew_key ;;
  3:authorize) as_self authorize "$2" "$3" ;;
  1:forget) as_self change_keys ;;
  *) refuse bad-request 'there is no such verb here' ;;
esac
