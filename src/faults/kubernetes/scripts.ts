/**
 * Constant programs for a POSIX shell in a container. They are passed as one argument; values go in as positional parameters only, so that no text
 * of a file is ever read as shell. They need `cat`, and `readlink` where executables are compared, beside the shell's own words.
 */

/** What `$0` is in each of them: how our own processes are told from victims. */
export const OURS = 'breakwater';
export const WATCHDOG_NAME = 'breakwater-watchdog';

/** `$1` nonce. Prints every process, each part behind a line that begins with the nonce, which no process can know beforehand. */
export const SCAN = `n=$1
printf '\\n%s boot\\n' "$n"; cat /proc/sys/kernel/random/boot_id
printf '\\n%s self %s\\n' "$n" "$$"; cat /proc/$$/cgroup
for d in /proc/[0-9]*; do
  p=\${d#/proc/}
  [ "$p" = "$$" ] && continue
  printf '\\n%s pid %s\\n' "$n" "$p"; cat "$d/stat" 2>/dev/null
  printf '\\n%s cgroup\\n' "$n"; cat "$d/cgroup" 2>/dev/null
  printf '\\n%s executable\\n' "$n"; readlink "$d/exe" 2>/dev/null
  printf '\\n%s argv\\n' "$n"; cat "$d/cmdline" 2>/dev/null
done
printf '\\n%s end\\n' "$n"`;

/**
 * Prints in `state` how the process with pid `$1`, start time `$2` in boot `$3` is: one letter as in proc(5), `ended`, `replaced` or `elsewhere`.
 * Field 22 of its stat is the start time; pid and name, which may hold blanks, end with the last `) `.
 */
const STATE = `look() {
  read -r boot </proc/sys/kernel/random/boot_id
  if [ "$boot" != "$3" ]; then state=elsewhere; return; fi
  line=$(cat "/proc/$1/stat" 2>/dev/null)
  if [ -z "$line" ]; then if [ -e "/proc/$1" ]; then state=unreadable; else state=ended; fi; return; fi
  line=\${line##*) }
  set -f -- $line
  state=$1
  shift 19
  if [ "$1" != "$start" ]; then state=replaced; fi
}
start=$2
look "$1" "$2" "$3"`;

/** An order that comes late does nothing: `$4` is epoch seconds of its end, 0 for none. A container without `date` is bound by the caller alone. */
const EXPIRY = `late() {
  [ "$1" = 0 ] && return 1
  t=$(date +%s 2>/dev/null)
  [ -n "$t" ] && [ "$t" -gt "$1" ]
}`;

/** `$1` pid, `$2` start time, `$3` boot id. Prints the state. */
export const LOOK = `${STATE}
echo "$state"`;

/** As LOOK, with `$4` the order's end and `$5` the name of a signal: sends it to this very process, and prints `sent`, or why it did not. */
export const SEND = `${EXPIRY}
if late "$4"; then echo expired; exit 0; fi
${STATE}
case $state in ended|replaced|elsewhere|Z|X) echo "$state"; exit 0;; esac
if kill -s "$5" "$1"; then echo sent; else echo refused; fi`;

/**
 * `$1` pid, `$2` start time, `$3` boot id, `$4` length of the lease in hundredths of a second, `$5` a text that tells whose it is.
 * Lets the process run on in the last second of the lease. USR1 begins the lease anew, TERM ends the watch. The time is that since boot.
 */
export const WATCHDOG = `trap '' HUP INT
lease=$4
now() { read -r up rest </proc/uptime; now=\${up%.*}\${up#*.}; }
now; end=$((now + lease))
trap 'now; end=$((now + lease))' USR1
trap 'exit 0' TERM
sleep 0 || exit 1
echo armed
exec </dev/null >/dev/null 2>&1
while now; [ $((now + 100)) -lt "$end" ]; do sleep 1 & wait $!; done
${STATE}
case $state in ended|replaced|elsewhere|Z|X) exit 0;; esac
kill -s CONT "$1"`;

/** As SEND without a signal, `$5` and `$6` as `$4` and `$5` of the watchdog, whose program is `$7`: the watchdog stands before the process is stopped. */
export const PAUSE = `${EXPIRY}
if late "$4"; then echo expired; exit 0; fi
${STATE}
case $state in ended|replaced|elsewhere|Z|X|T|t) echo "$state"; exit 0;; esac
armed=$( (sh -c "$7" ${WATCHDOG_NAME} "$1" "$2" "$3" "$5" "$6" &) )
if [ "$armed" != armed ]; then echo unarmed; exit 0; fi
${STATE}
case $state in ended|replaced|elsewhere|Z|X|T|t) echo "$state"; exit 0;; esac
if kill -s STOP "$1"; then echo sent; else echo refused; fi`;

/** `$1`–`$3` the paused process, `$4` length of the lease, `$5` whose, `$6` the watchdog's program: a watchdog for one that is paused and has none. */
export const REARM = `${STATE}
if [ "$state" != T ]; then echo "$state"; exit 0; fi
armed=$( (sh -c "$6" ${WATCHDOG_NAME} "$1" "$2" "$3" "$4" "$5" &) )
echo "\${armed:-unarmed}"`;
