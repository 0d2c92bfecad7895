// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian packages of any suite, downloaded and unpacked without touching the system: a private
//! apt configuration, so that apt itself checks the archive's signatures and the hashes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::exec;

/// Debian's archive keys.
pub const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The environment variable that names a Debian mirror where the machine's own sources have none.
const MIRROR_VARIABLE: &str = "IPVS_DEBIAN_MIRROR";

/// A Debian suite with its own lists.
pub struct Suite {
    name: &'static str,
    work: PathBuf,
}

impl Suite {
    /// Writes the private configuration in `work` and fetches the suite's package lists.
    ///
    /// # Errors
    /// No mirror is known, the network is down, or a signature is wrong.
    pub fn open(name: &'static str, work: &Path) -> Result<Self> {
        Self::with(name, work, &["deb"])
    }

    /// As [`Suite::open`], with source packages.
    ///
    /// # Errors
    /// As [`Suite::open`].
    pub fn open_with_sources(name: &'static str, work: &Path) -> Result<Self> {
        Self::with(name, work, &["deb", "deb-src"])
    }

    fn with(name: &'static str, work: &Path, kinds: &[&str]) -> Result<Self> {
        let mirror = mirror()?;
        let work = work.join("apt");
        for directory in ["lists/partial", "cache/archives/partial", "packages"] {
            fs::create_dir_all(work.join(directory))
                .with_context(|| format!("cannot create {}", work.join(directory).display()))?;
        }
        let line = |kind| format!("{kind} [arch=amd64 signed-by={KEYRING}] {mirror} {name} main\n");
        fs::write(work.join("sources.list"), kinds.iter().map(line).collect::<String>())?;
        let suite = Self { name, work };
        eprintln!("fetching the package lists of {name} from {mirror}");
        exec::run_as_progress(suite.apt("apt-get").args([
            "-q",
            "-o",
            "APT::Update::Error-Mode=any",
            "update",
        ]))
        .with_context(|| format!("cannot read {mirror} {name}: check the network, then retry"))?;
        Ok(suite)
    }

    /// The packages that `package` depends on directly.
    ///
    /// # Errors
    /// The suite does not have the package.
    pub fn dependencies(&self, package: &str) -> Result<Vec<String>> {
        let text = exec::capture(self.apt("apt-cache").args(["depends", "--important", package]))
            .with_context(|| format!("{} has no package {package}", self.name))?;
        let words = text.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
        Ok(words.map(|word| word.trim_matches(['<', '>']).to_owned()).collect())
    }

    /// The newest version of a package.
    ///
    /// # Errors
    /// The suite does not have the package.
    pub fn version(&self, package: &str) -> Result<String> {
        let text =
            exec::capture(self.apt("apt-cache").args(["show", "--no-all-versions", package]))
                .with_context(|| format!("{} has no package {package}", self.name))?;
        let version = text.lines().find_map(|line| line.strip_prefix("Version: "));
        Ok(version.with_context(|| format!("{package} has no version"))?.to_owned())
    }

    /// The packages whose names begin with `prefix`.
    ///
    /// # Errors
    /// The lists can't be read.
    pub fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let text = exec::capture(self.apt("apt-cache").args(["pkgnames", prefix]))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Downloads packages into `directory`.
    ///
    /// # Errors
    /// A download fails, or a hash is wrong.
    pub fn download(&self, packages: &[&str], directory: &Path) -> Result<Vec<PathBuf>> {
        fs::create_dir_all(directory)?;
        exec::run_as_progress(
            self.apt("apt-get").args(["-q", "download"]).args(packages).current_dir(directory),
        )?;
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect()
    }

    /// Downloads packages and unpacks them under `root`; nothing is installed.
    ///
    /// # Errors
    /// As [`Suite::download`].
    pub fn unpack(&self, packages: &[impl AsRef<str>], root: &Path) -> Result<()> {
        let packages: Vec<_> = packages.iter().map(AsRef::as_ref).collect();
        fs::create_dir_all(root)?;
        for file in self.download(&packages, &self.work.join("packages"))? {
            exec::run(Command::new("dpkg").arg("-x").arg(&file).arg(root))?;
            fs::remove_file(&file)?;
        }
        Ok(())
    }

    /// Downloads the upstream archive of a source package and unpacks it under `root`, without its
    /// own top directory. The distribution's patches are not in it.
    ///
    /// # Errors
    /// As [`Suite::unpack`], or there is no such archive.
    pub fn unpack_source(&self, package: &str, root: &Path) -> Result<()> {
        let downloads = self.work.join("packages");
        exec::run_as_progress(
            self.apt("apt-get")
                .args(["-q", "source", "--download-only", "--tar-only", package])
                .current_dir(&downloads),
        )?;
        fs::create_dir_all(root)?;
        for entry in fs::read_dir(&downloads)? {
            let file = entry?.path();
            if file.to_string_lossy().contains(".orig.tar.") {
                let mut tar = Command::new("tar");
                tar.args(["--extract", "--strip-components=1", "--file"]).arg(&file);
                exec::run(tar.arg("--directory").arg(root))?;
                return fs::remove_file(&file).context("cannot remove the source archive");
            }
        }
        bail!("apt downloaded no source archive of {package}")
    }

    /// Removes the lists, which nothing needs after unpacking.
    pub fn close(self) -> Result<()> {
        fs::remove_dir_all(&self.work)
            .with_context(|| format!("cannot remove {}", self.work.display()))
    }

    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let work = self.work.display();
        let sources = format!("Dir::Etc::SourceList={work}/sources.list");
        let lists = format!("Dir::State::Lists={work}/lists");
        let cache = format!("Dir::Cache={work}/cache");
        let settings = [
            sources.as_str(),
            "Dir::Etc::SourceParts=/dev/null",
            &lists,
            &cache,
            "Dir::Cache::pkgcache=",
            "Dir::Cache::srcpkgcache=",
            "Dir::State::status=/dev/null",
            "APT::Architecture=amd64",
            "APT::Sandbox::User=root",
            "Acquire::Languages=none",
            "Acquire::Retries=3",
        ];
        for setting in settings {
            command.args(["-o", setting]);
        }
        command.env("LC_ALL", "C");
        command
    }
}

/// The mirror that this machine's own apt sources use for Debian itself.
fn mirror() -> Result<String> {
    if let Ok(mirror) = std::env::var(MIRROR_VARIABLE) {
        return Ok(mirror);
    }
    let listing = exec::capture(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(REPO_URI) $(RELEASE) $(ORIGIN)",
        "Created-By: Packages",
    ]))
    .context("cannot read the machine's apt sources")?;
    match choose_mirror(&listing) {
        Some(mirror) => Ok(mirror.to_owned()),
        None => bail!("apt has no Debian mirror among its sources: set {MIRROR_VARIABLE} to one"),
    }
}

fn choose_mirror(listing: &str) -> Option<&str> {
    listing.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let (uri, release, origin) = (words.next()?, words.next()?, words.next()?);
        (origin == "Debian" && !release.contains("security")).then_some(uri)
    })
}

#[cfg(test)]
mod tests {
    use super::choose_mirror;

    #[test]
    fn the_mirror_is_debian_itself_not_security_or_a_third_party() {
        let listing = "http://node.example/ nodistro Node\n\
            http://deb.example/debian-security/ bookworm-security Debian\n\
            http://deb.example/debian/ bookworm Debian\n";
        assert_eq!(choose_mirror(listing), Some("http://deb.example/debian/"));
        assert_eq!(choose_mirror("http://archive.example/ubuntu/ noble Ubuntu\n"), None);
    }
}
