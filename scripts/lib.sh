# shellcheck shell=bash
# What the scripts share: steps with elapsed time, long commands with progress, what a machine has and what it lacks.
# Sourced by the scripts beside it, never run. Never in here: what a script is for.

NAME=${0##*/}
LOGS=target/logs
# Pinned tools that cargo builds from their source; kept between clones, apart from the user's own.
TOOLS=${XDG_CACHE_HOME:-$HOME/.cache}/tollgate/tools
# How often a long step says how far it is where no terminal shows it all the time.
SAY_EVERY_S=20

mkdir -p "$LOGS"
began=$SECONDS
[ -t 1 ] && terminal=yes || terminal=

step() { printf '\n[%s/%s] %s (%ss)\n' "$1" "$STEPS" "$2" "$((SECONDS - began))"; }
say() { printf '      %s\n' "$*"; }
fail() {
    printf '\nscripts/%s: %s\n' "$NAME" "$*" >&2
    exit 1
}

# The last line that a log has to say, short enough for a terminal.
last_line() { tail -c 2000 "$1" | tr '\r' '\n' | sed -E 's/\x1b\[[0-9;]*[A-Za-z]//g; /^\s*$/d; s/^\s+//' | tail -n 1 | cut -c 1-90; }

# What runs at the moment, so that Ctrl-C ends it as well.
running=
end_running() { [ -z "$running" ] || kill -TERM -- "-$running" 2>/dev/null || true; }
trap 'end_running; exit 130' INT
trap 'end_running; exit 143' TERM

# logged LOG COMMAND…: runs it with its output in target/logs/LOG.log and tells meanwhile how far it is.
logged() {
    local log=$LOGS/$1.log from=$SECONDS said=$SECONDS status=0
    shift
    # A process group of its own: Ctrl-C is handed on by us, to all of it.
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    running=$!
    set +m
    while kill -0 "$running" 2>/dev/null; do
        sleep 0.2
        if [ -n "$terminal" ]; then
            printf '\r\033[K      %4s s  %s' "$((SECONDS - from))" "$(last_line "$log")"
        elif [ $((SECONDS - said)) -ge "$SAY_EVERY_S" ]; then
            said=$SECONDS
            printf '      %4s s  %s\n' "$((SECONDS - from))" "$(last_line "$log")"
        fi
    done
    wait "$running" || status=$?
    running=
    [ -z "$terminal" ] || printf '\r\033[K'
    return "$status"
}

# The end of a log, for a person who has to find out what went wrong.
show_end() {
    printf -- '--- the end of %s\n' "$LOGS/$1.log"
    tail -n "${2:-40}" "$LOGS/$1.log"
    printf -- '---\n'
}

# Packages that are missing; `lacks` collects them, `install_missing` installs all at once.
packages=()
lacks() {
    say "missing: $1"
    packages+=("${@:2}")
}

# Installs Debian packages; asks for root only here, when one is missing.
install_missing() {
    [ ${#packages[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "there is no apt-get here: install by hand what is missing: ${packages[*]}"
    local as=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "something is missing: run as root: apt-get install ${packages[*]}"
        sudo -v || fail "something is missing: run as root: apt-get install ${packages[*]}"
        as=(sudo -n)
    fi
    say "installing ${packages[*]}"
    logged apt-update "${as[@]}" apt-get update || say "apt-get update failed; trying with the lists that are there"
    if ! logged apt-install "${as[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${packages[@]}"; then
        show_end apt-install 15
        fail "apt-get could not install ${packages[*]}"
    fi
    packages=()
}

# Where PostgreSQL's programs are, version 15 or newer: looked for where `tollgate dev` looks.
postgres_bin() {
    local dir major
    for dir in /usr/lib/postgresql/*/bin ${PATH//:/ } "$(pg_config --bindir 2>/dev/null || true)"; do
        if [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ]; then
            major=$("$dir/postgres" --version | sed -E 's/.*\(PostgreSQL\) ([0-9]+).*/\1/')
            if [ "${major:-0}" -ge 15 ]; then
                echo "$dir"
                return 0
            fi
        fi
    done
    return 1
}

# The standard library for WebAssembly: the toolchain's own, or Debian's.
has_wasm() {
    [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ] && return 0
    [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ]
}

# Node 20 or newer, which Tailwind needs.
has_node() { command -v npm >/dev/null && [ "$(node --version | sed -E 's/v([0-9]+).*/\1/')" -ge 20 ]; }

# Whether anything that the web app is made of is newer than what was built of it.
web_is_current() {
    [ -f frontend-yew/dist/manifest.json ] || return 1
    [ -z "$(find frontend-yew backend/crates/contract xtask/src/web xtask/src/web.rs Cargo.toml Cargo.lock \
        \( -path frontend-yew/dist -o -path frontend-yew/node_modules \) -prune -o \
        -type f -newer frontend-yew/dist/manifest.json -print -quit)" ]
}

# What every build needs; ends the script where it can't be had.
look_for_compilers() {
    command -v cargo >/dev/null || fail "cargo is missing: install Rust from https://rustup.rs, then run this again"
    say "$(cargo --version), $(rustc --version | cut -d' ' -f1-2)"
    command -v cc >/dev/null || lacks "a C compiler (for SQLite and aws-lc)" gcc libc6-dev
    # Queries are checked against the committed descriptions, so that no database is needed to build.
    if [ -d .sqlx ]; then
        export SQLX_OFFLINE=true
        unset DATABASE_URL
    fi
}

look_for_postgres() { postgres_bin >/dev/null || lacks "PostgreSQL 15 or newer" postgresql; }

look_for_web_tools() {
    has_node || lacks "Node 20 or newer with npm (Tailwind and wasm-opt)" nodejs npm
    has_wasm || lacks "Rust's standard library for WebAssembly (rustup target add wasm32-unknown-unknown would do as well)" \
        rustc-web rust-web-src cargo-web lld-22 libstd-rust-web-dev
}

# After installing: what Debian has may be too old.
check_postgres() {
    postgres_bin >/dev/null ||
        fail "this Debian's PostgreSQL is older than 15: see https://www.postgresql.org/download/linux/debian/"
}
check_web_tools() {
    has_node || fail "this Debian's Node is older than 20: install a newer one, see https://nodejs.org"
    has_wasm || fail "still no WebAssembly: try rustup target add wasm32-unknown-unknown"
}
