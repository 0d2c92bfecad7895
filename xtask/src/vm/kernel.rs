// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernels that we test on: Debian's cloud kernels, unpacked in the cache.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apt::Suite;
use super::cache::Cache;
use super::setup::Outcome;
use crate::{exec, paths};

/// What the names of images begin and end with; the release is between.
const IMAGE: &str = "linux-image-";
/// See [`IMAGE`].
const FLAVOUR: &str = "-cloud-amd64";

/// A kernel series and the Debian suite that has it, perhaps beside newer ones.
pub struct Kernel {
    /// The series, as the user names it: `6.12`.
    pub name: &'static str,
    /// The suite that has it.
    pub suite: &'static str,
}

/// All supported kernels, oldest first.
pub const KERNELS: &[Kernel] = &[
    Kernel { name: "6.1", suite: "bookworm" },
    Kernel { name: "6.12", suite: "bookworm-backports" },
    Kernel { name: "7.2", suite: "trixie-backports" },
];

/// Kernels that watch their own memory and locks, built by `cargo xtask kernel checked`. They are booted
/// only where they are named.
pub const CHECKED: &[Kernel] = &[
    Kernel { name: "6.12-checked", suite: "bookworm-backports" },
    Kernel { name: "7.2-checked", suite: "trixie-backports" },
];

/// What their names end with.
const CHECKED_SUFFIX: &str = "-checked";

/// The kernel that is booted when none is named.
pub const DEFAULT: &str = "6.12";

/// An unpacked kernel.
#[derive(Debug)]
pub struct Image {
    /// The bootable image.
    pub image: PathBuf,
    /// The full release, as `uname -r` prints it.
    pub release: String,
}

impl Kernel {
    /// Looks a kernel up by its series.
    ///
    /// # Errors
    /// The series is not one of ours.
    pub fn named(name: &str) -> Result<&'static Self> {
        let all = || KERNELS.iter().chain(CHECKED);
        all().find(|kernel| kernel.name == name).with_context(|| {
            let names: Vec<_> = all().map(|kernel| kernel.name).collect();
            format!("--kernel {name}: not supported; choose one of {}", names.join(", "))
        })
    }

    /// The series, for a checked kernel that of its source.
    pub fn series(&self) -> &'static str {
        self.name.trim_end_matches(CHECKED_SUFFIX)
    }

    /// Whether it watches its own memory and locks.
    pub fn is_checked(&self) -> bool {
        self.name.ends_with(CHECKED_SUFFIX)
    }

    /// The checked kernel of the same series.
    ///
    /// # Errors
    /// There is none.
    pub fn checked(&self) -> Result<&'static Self> {
        CHECKED.iter().find(|kernel| kernel.series() == self.series()).with_context(|| {
            let series: Vec<_> = CHECKED.iter().map(Self::series).collect();
            format!("no checked kernel of {}: choose one of {}", self.name, series.join(", "))
        })
    }

    /// Its name in the cache.
    pub fn item(&self) -> String {
        format!("kernel-{}", self.name)
    }

    /// The unpacked image in the cache.
    ///
    /// # Errors
    /// It has not been fetched, or is incomplete.
    pub fn find(&self, cache: &Path) -> Result<Image> {
        let root = cache.join(self.item());
        locate(&root).with_context(|| {
            let setup = match self.is_checked() {
                true => format!("cargo xtask kernel checked --kernel {}", self.series()),
                false => "cargo xtask vm setup".to_owned(),
            };
            format!("kernel {} is not in {}: run `{setup}`", self.name, root.display())
        })
    }

    /// Fetches the kernel unless it is there.
    pub fn setup(&self, cache: &Cache) -> Result<Outcome> {
        if let Ok(image) = self.find(&cache.path("")) {
            return Ok(Outcome::Present(image.release));
        }
        cache.create(&self.item(), |partial| self.fetch(partial))?;
        Ok(Outcome::Made(self.find(&cache.path(""))?.release))
    }

    fn fetch(&self, partial: &Path) -> Result<()> {
        let suite = Suite::open(self.suite, partial)?;
        let names = suite.names(&format!("{IMAGE}{}", self.name))?;
        let release = newest(&names, self.name).with_context(|| {
            format!(
                "{} has no kernel {}: the table of kernels needs a suite with it",
                self.suite, self.name
            )
        })?;
        let image = format!("{IMAGE}{release}");
        let parts = kernel_packages(&suite.dependencies(&image)?);
        let packages = [vec![image], parts].concat();
        eprintln!("downloading {}", packages.join(" "));
        suite.unpack(&packages, partial)?;
        suite.close()?;
        if !partial.join("lib").exists() {
            // The packages of a suite with a merged /usr have their modules only there.
            symlink("usr/lib", partial.join("lib"))?;
        }
        let depmod = paths::program("depmod").context("depmod not found: install kmod")?;
        exec::run(Command::new(depmod).arg("-b").arg(partial).arg(release))?;
        locate(partial).map(|_| ())
    }
}

/// The newest release of a series among the names of images.
fn newest<'n>(names: &'n [String], series: &str) -> Option<&'n str> {
    // Numbers compare as numbers: 7.2.9 is older than 7.2.12.
    let numbers = |release: &&str| -> Vec<u64> {
        release.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
    };
    let releases = names.iter().filter_map(|name| name.strip_prefix(IMAGE));
    releases
        .filter(|release| is_of_series(release, series) && release.ends_with(FLAVOUR))
        .max_by_key(numbers)
}

/// Whether a full release like `6.12.5+deb12-cloud-amd64` belongs to the series `6.12`.
fn is_of_series(release: &str, series: &str) -> bool {
    release
        .strip_prefix(series)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

/// The parts of a kernel among a package's dependencies.
fn kernel_packages(dependencies: &[String]) -> Vec<String> {
    const PREFIXES: [&str; 4] = ["linux-image-", "linux-binary-", "linux-modules-", "linux-base-"];
    let is_part = |name: &&String| {
        PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && name.ends_with("cloud-amd64")
    };
    dependencies.iter().filter(is_part).cloned().collect()
}

fn locate(root: &Path) -> Result<Image> {
    let modules = root.join("lib/modules");
    let release = fs::read_dir(&modules)
        .with_context(|| format!("cannot read {}", modules.display()))?
        .next()
        .with_context(|| format!("{} is empty", modules.display()))??
        .file_name()
        .to_string_lossy()
        .into_owned();
    let directory = modules.join(&release);
    if !directory.join("modules.dep.bin").exists() {
        bail!("{} has no module index", directory.display());
    }
    let candidates = [root.join(format!("boot/vmlinuz-{release}")), directory.join("vmlinuz")];
    let image = candidates
        .into_iter()
        .find(|path| path.exists())
        .with_context(|| format!("no kernel image below {}", root.display()))?;
    Ok(Image { image, release })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_kernels_own_parts_are_downloaded() {
        let dependencies = [
            "kmod",
            "linux-base",
            "linux-binary-7.2.1-cloud-amd64",
            "linux-modules-7.2.1-cloud-amd64",
            "initramfs-tools",
        ]
        .map(str::to_owned);
        let parts = kernel_packages(&dependencies);
        assert_eq!(parts, ["linux-binary-7.2.1-cloud-amd64", "linux-modules-7.2.1-cloud-amd64"]);
    }

    #[test]
    fn the_newest_image_of_a_series_is_taken() {
        let names = [
            "linux-image-7.2.9+deb13-cloud-amd64",
            "linux-image-7.2.12+deb13-cloud-amd64",
            "linux-image-7.2.12+deb13-cloud-amd64-dbg",
            "linux-image-7.2.13+deb13-amd64",
            "linux-image-7.3.4+deb13-cloud-amd64",
            "linux-image-cloud-amd64",
        ]
        .map(str::to_owned);
        assert_eq!(newest(&names, "7.2"), Some("7.2.12+deb13-cloud-amd64"));
        assert_eq!(newest(&names, "7.3"), Some("7.3.4+deb13-cloud-amd64"));
        assert_eq!(newest(&names, "7"), Some("7.3.4+deb13-cloud-amd64"));
        assert_eq!(newest(&names, "6.1"), None);
    }

    #[test]
    fn checked_kernels_belong_to_a_series() {
        for kernel in CHECKED {
            let plain = Kernel::named(kernel.series()).unwrap();
            assert_eq!(plain.suite, kernel.suite);
            assert_eq!(plain.checked().unwrap().name, kernel.name);
            assert!(kernel.is_checked() && !plain.is_checked());
        }
        assert!(Kernel::named("6.1").unwrap().checked().is_err());
    }

    #[test]
    fn series_6_1_is_not_6_12() {
        assert!(is_of_series("6.1.0-41-cloud-amd64", "6.1"));
        assert!(is_of_series("7.2+deb13-cloud-amd64", "7.2"));
        assert!(!is_of_series("6.12.5+deb12-cloud-amd64", "6.1"));
    }

    #[test]
    fn an_unknown_kernel_is_refused_with_the_choices() {
        let message = Kernel::named("5.4").err().map(|error| error.to_string());
        let expected =
            "--kernel 5.4: not supported; choose one of 6.1, 6.12, 7.2, 6.12-checked, 7.2-checked";
        assert_eq!(message.as_deref(), Some(expected));
    }
}
