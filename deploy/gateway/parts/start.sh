#!/bin/sh
# What Signet runs on a gateway, and the only thing its key may run there. docs/gateway-protocol.md says what each verb
# answers. Built from deploy/gateway/parts: a change made here is lost.
version=@version@

# No words of others are evaluated, so a file name is never a pattern (-f) and a variable never missing (-u).
set -uf
umask 077
PATH=/usr/bin:/usr/sbin:/bin:/sbin:/usr/local/bin:/usr/local/sbin
LC_ALL=C
export PATH LC_ALL
# What could change how the programs below behave: the caller's environment is not the gateway's.
unset ENV CDPATH MAIL_CONFIG OPENSSL_CONF TAR_OPTIONS POSIXLY_CORRECT
newline='
'
IFS=" 	$newline"

program=/usr/local/lib/signet/gateway
state=/var/lib/signet
# Where what was live stays once Signet has left (services/platforms/platform.ts): a folder with a number for each time.
kept_root=/etc/tls-kept
# The files outside the generations that a push may change.
live_paths='/etc/postfix/main.cf /etc/postfix/master.cf'
# Where systems keep their authorities (services/platforms/postfix/system-trust.ts).
trust_paths='/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem'
longest_bundle=16777216
