#!/usr/bin/env bash
# Starts a server, waits until it answers, runs max against it, and reports: annotations and a summary where GitHub reads
# them, plain lines elsewhere. Ends with the exit code of max. Any CI can run it; the settings are the variables below.
set -uo pipefail

command=${MAX_ACTION_COMMAND:-loadtest}
url=${MAX_ACTION_URL:-}
start=${MAX_ACTION_START:-}
wait_seconds=${MAX_ACTION_WAIT_SECONDS:-60}
flags=${MAX_ACTION_FLAGS:-}
out=${MAX_ACTION_OUT:-max-report}
max=${MAX_ACTION_MAX:-npx --yes max-harness}
mkdir -p "$out"

# An annotation is one line: percent signs and line ends are escaped.
annotate() { # level, title, text
  local text=${3//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '::%s title=%s::%s\n' "$1" "$2" "${text//$'\n'/%0A}"
}
output() { printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"; }
finish() { # code
  output exit-code "$1"
  exit "$1"
}

case $command in
  loadtest) report=summary.json ;;
  contract) report=contract.json ;;
  *)
    annotate error max "Unknown command \"$command\": expected loadtest or contract."
    finish 2
    ;;
esac

server=
stop() {
  if [ -n "$server" ]; then
    kill -TERM -- "-$server" 2>/dev/null
    wait "$server" 2>/dev/null
  fi
}
trap stop EXIT

if [ -n "$start" ]; then
  # A group of its own: what the command starts is stopped, too.
  set -m
  bash -c "$start" >"$out/server.log" 2>&1 &
  server=$!
  set +m
fi

if [ -n "$url" ]; then
  for ((second = 0; ; second++)); do
    curl --silent --output /dev/null --max-time 2 "$url" && break
    if [ -n "$server" ] && ! kill -0 "$server" 2>/dev/null; then
      annotate error max "The server ended before it answered at $url: $(tail -n 5 "$out/server.log")"
      finish 5
    fi
    if ((second >= wait_seconds)); then
      annotate error max "Nothing answers at $url after $wait_seconds s."
      finish 4
    fi
    sleep 1
  done
fi

# The flags are shell words, quotes included.
eval "set -- $flags"
$max "$command" ${url:+--url "$url"} --out "$out" "$@" 2>&1 | tee "$out/max.log"
code=${PIPESTATUS[0]}

# max itself writes the annotations and the summary of a result.
if [ -f "$out/$report" ]; then
  output verdict "$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).verdict' "$out/$report")"
elif [ "$code" != 0 ] && ! grep -q '^::error ' "$out/max.log"; then
  annotate error "max $command" "$(grep '^max: ' "$out/max.log" | tail -n 1)"
fi
finish "$code"
