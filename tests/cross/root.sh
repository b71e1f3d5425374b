#!/bin/sh
# root.sh FOLDER unpacks Debian's arm64 packages that Grus needs into FOLDER, and writes FOLDER/root.ini, which names it
# to meson beside aarch64.ini. It needs apt and dpkg but neither root nor a change of the machine: apt gets its own
# lists.
set -eu
mkdir -p "${1:?usage: root.sh FOLDER}"
folder=$(cd "$1" && pwd)
apt=$folder/.apt
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
: >"$apt/status"
cat >"$apt/conf" <<END
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Debug::NoLocking "true";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
END
export APT_CONFIG="$apt/conf"
apt-get -qq update
apt-get -qq -y --download-only install libstdc++6 libopenblas-pthread-dev libfmt-dev libhwy-dev libutf8proc-dev zlib1g-dev \
  libsentencepiece-dev nlohmann-json3-dev libcli11-dev doctest-dev
for package in "$apt"/cache/archives/*.deb; do dpkg -x "$package" "$folder"; done

cd "$folder/usr/lib/aarch64-linux-gnu"
ln -sf openblas-pthread/libopenblas.so.0 .  # as Debian's alternatives would
find . -type l -lname '/*' | while read -r link; do ln -sf "$folder$(readlink "$link")" "$link"; done
printf "[constants]\nroot = '%s'\n" "$folder" >"$folder/root.ini"
