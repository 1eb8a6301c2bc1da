#!/usr/bin/env bash
# Builds the image as `rupaya:local`, by Docker where an engine answers, else by buildah (on Debian, as root:
# apt-get install buildah crun fuse-overlayfs debootstrap). Exit code 3 where this machine has neither.
#
# Without Docker there is no registry to take the base from either. A stand-in of the same layout takes its place:
# the same Debian by debootstrap, its Python 3.11 found as /usr/local/bin/python, and pip where the base has it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if docker info >/dev/null 2>&1; then
  builder=docker
elif command -v buildah >/dev/null && command -v debootstrap >/dev/null && ((EUID == 0)); then
  builder=buildah
else
  exit 3
fi

tag=rupaya:local
stand_in=localhost/rupaya-base:bookworm
release="$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' rupaya/__init__.py)"
revision="$(git rev-parse HEAD)"
arguments=(
  --build-arg "VERSION=${VERSION:-$release+${revision:0:12}}"
  --build-arg "REVISION=$revision"
  --build-arg "CREATED=$(git log -1 --format=%cI)"
  --tag "$tag"
)

base_make() (
  root="$(mktemp -d /var/tmp/rupaya-base.XXXXXX)"
  trap 'rm -rf "$root"' EXIT
  chmod 755 "$root"
  debootstrap --variant=minbase --include=ca-certificates,netbase,python3,tzdata bookworm "$root" \
    "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >&2
  # As Debian's own slim images are made.
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/*.log \
    "$root"/usr/share/{doc,info,locale,man}/*
  ln -s /usr/bin/python3.11 "$root/usr/local/bin/python"
  python3 -m pip install --quiet --disable-pip-version-check --no-compile \
    --target "$root/usr/local/lib/python3.11/dist-packages" 'pip>=25'
  ln -s dist-packages "$root/usr/local/lib/python3.11/site-packages"
  container="$(buildah from scratch)"
  buildah add --quiet "$container" "$root" / >/dev/null
  buildah commit --quiet --rm "$container" "$stand_in" >/dev/null
)

if [[ $builder == docker ]]; then
  docker build "${arguments[@]}" .
else
  export BUILDAH_ISOLATION=chroot
  buildah inspect --type image "$stand_in" >/dev/null 2>&1 || base_make
  # Certificates of this machine: what stands between it and the package index may have its own.
  buildah build --layers --format docker --from "$stand_in" --pull-never --network host \
    --volume /etc/ssl/certs:/etc/ssl/certs:ro "${arguments[@]}" .
fi
