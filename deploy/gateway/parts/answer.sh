
# --- answers: lines `KEY VALUE`, the last one `end`

say() { printf '%s\n' "$*"; }

# finish STATUS ends the answer.
finish() {
  say end
  exit "$1"
}

# refuse CODE SENTENCE ends with nothing changed.
refuse() {
  discard
  say "refused $*"
  finish 3
}

# cannot SENTENCE WHY refuses because something did not work; WHY is what the program that failed said.
cannot() {
  why=${2%%"$newline"*}
  case $why in
    *'No space left'* | *'quota exceeded'*) refuse no-space "$1: the disk is full; make room, then try again" ;;
  esac
  refuse failed "$1${why:+: $why}"
}

# say_text FILE prints a text framed by its length. It is read once, so that length and text agree.
say_text() {
  text=$(cat "$1" && echo .) || return 0
  text=${text%.}
  printf 'text %s %s\n%s\n' "$1" "${#text}" "$text"
}

# natural WORD: is it a number without leading zeros that sh can compare?
natural() {
  case $1 in
    '' | *[!0-9]* | 0?* | ????????????????*) return 1 ;;
  esac
}

# sha256 WORD: does it look like one?
sha256() {
  case $1 in
    *[!0-9a-f]*) return 1 ;;
  esac
  [ "${#1}" = 64 ]
}
