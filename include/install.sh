#!/bin/sh
# Installs the C library as `cargo cinstall` (cargo-c) does, with nothing but cargo and a C toolchain:
#
#   include/install.sh --prefix=/usr/local [--libdir=DIR] [--destdir=DIR] [--built=DIR]
#
# include/entitle.h, lib/libentitle.so.VERSION with its links, lib/libentitle.a, lib/pkgconfig/entitle.pc. The library is built first
# unless --built says where it is.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
prefix=/usr/local libdir= destdir= built=
for option; do
    case $option in
        --prefix=*) prefix=${option#*=} ;;
        --libdir=*) libdir=${option#*=} ;;
        --destdir=*) destdir=${option#*=} ;;
        --built=*) built=${option#*=} ;;
        *) echo "unknown option $option" >&2; exit 2 ;;
    esac
done
libdir=${libdir:-$prefix/lib}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
# What the name of the library promises to stay compatible with: the first number of the version that is not 0.
case $version in
    0.0.*) so=$version ;;
    0.*) so=$(echo "$version" | cut -d. -f1,2) ;;
    *) so=$(echo "$version" | cut -d. -f1) ;;
esac
if [ -z "$built" ]; then
    (cd "$root" && cargo rustc --release --lib --features ffi --crate-type cdylib,staticlib -- \
        -C "link-arg=-Wl,-soname,libentitle.so.$so")
    built=${CARGO_TARGET_DIR:-$root/target}/release
fi
lib=$destdir$libdir
mkdir -p "$destdir$prefix/include" "$lib/pkgconfig"
install -m 644 "$root/include/entitle.h" "$destdir$prefix/include/entitle.h"
install -m 755 "$built/libentitle.so" "$lib/libentitle.so.$version"
strip --strip-unneeded "$lib/libentitle.so.$version"
ln -sf "libentitle.so.$version" "$lib/libentitle.so.$so"
ln -sf "libentitle.so.$version" "$lib/libentitle.so"
install -m 644 "$built/libentitle.a" "$lib/libentitle.a"
cat > "$lib/pkgconfig/entitle.pc" <<EOF
prefix=$prefix
exec_prefix=\${prefix}
libdir=$libdir
includedir=\${prefix}/include

Name: entitle
Description: Matches citizen profiles against assistance policies, and says why each applies or not.
Version: $version
Libs: -L\${libdir} -lentitle
Libs.private: -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
Cflags: -I\${includedir}
EOF
echo "libentitle.so.$version: $(stat -c %s "$lib/libentitle.so.$version") bytes stripped"
