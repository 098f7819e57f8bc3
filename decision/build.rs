//! The name of this build: a hash of the sources, so that two programs can tell whether they write and read the same.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut hash = 0xcbf2_9ce4_8422_2325;
    add(&root.join("src"), &mut hash)?;
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rustc-env=CHAMELEON_BUILD={hash:016x}");
    Ok(())
}

/// Adds all files of a folder, in the order of their names, to a hash (FNV-1a).
fn add(folder: &Path, hash: &mut u64) -> io::Result<()> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add(&path, hash)?;
        } else {
            for byte in fs::read(&path)? {
                *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    Ok(())
}
