//! The journal's folder: there or can be made, writable, on a disk that survives a restart, with room.

use super::Report;
use nix::sys::statvfs::statvfs;
use std::fs;
use std::path::Path;
use tollgate_store::Clock;

/// Looks at the folder; does not take its lock, since the node may be running.
pub(super) fn check(folder: &Path, free_min: u64, report: &mut Report) {
    let shown = folder.display();
    // What is not there yet is made by the first start: what counts is where.
    let Some(there) = folder.ancestors().find(|part| part.is_dir()) else {
        return report.bad(
            "journal",
            format!("no part of {shown} is a folder (TOLLGATE_DATA_DIR)"),
        );
    };
    if let Err(error) = write(there) {
        return report.bad(
            "journal",
            format!(
                "{} can't be written: {error} (TOLLGATE_DATA_DIR)",
                there.display()
            ),
        );
    }
    match statvfs(there) {
        Ok(disk) => {
            let free = disk.blocks_available().saturating_mul(disk.fragment_size());
            if free < free_min {
                let text = format!(
                    "{free} bytes are free, and below journal.free_space_min ({free_min}) nothing is admitted"
                );
                return report.bad("journal", format!("{shown}: {text}"));
            }
        }
        Err(error) => return report.bad("journal", format!("{}: {error}", there.display())),
    }
    if in_memory(there) {
        let text = "lies in memory: what was relayed and is not yet booked would be lost with a restart of the machine";
        return report.doubtful("journal", format!("{shown} {text}"));
    }
    report.good("journal", format!("{shown} can be written"));
}

fn write(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".tollgate-doctor-{}", Clock::system().new_id().simple()));
    fs::write(&probe, b"probe")?;
    fs::remove_file(&probe)
}

/// By the kernel's list of mounts: the longest mount point that the folder lies under decides.
fn in_memory(folder: &Path) -> bool {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    kind_of_disk(&mounts, &folder).is_some_and(|kind| matches!(kind, "tmpfs" | "ramfs"))
}

fn kind_of_disk<'a>(mounts: &'a str, folder: &Path) -> Option<&'a str> {
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    // Of two at the same point the later one lies on top.
    mounted
        .filter(|(point, _)| folder.starts_with(point))
        .max_by_key(|(point, _)| point.len())
        .map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_decides_and_the_last_one_of_a_place() {
        let mounts = "/dev/sda1 / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/sdb1 /var/lib ext4 rw 0 0\n\
                      tmpfs /var/lib/scratch tmpfs rw 0 0\n/dev/sdc1 /tmp xfs rw 0 0\n";
        let kind = |path: &str| kind_of_disk(mounts, Path::new(path));
        assert_eq!(kind("/var/lib/tollgate"), Some("ext4"));
        assert_eq!(kind("/var/lib/scratch/tollgate"), Some("tmpfs"));
        assert_eq!(kind("/var/lib/scratchy"), Some("ext4"));
        assert_eq!(kind("/tmp/x"), Some("xfs"));
        assert_eq!(kind_of_disk("", Path::new("/x")), None);
    }

    #[test]
    fn a_folder_that_can_be_written_passes_and_leaves_nothing_behind() {
        let temp = tempfile::tempdir().expect("a folder");
        let mut report = Report::default();
        check(&temp.path().join("data/journal"), 1, &mut report);
        assert_eq!(report.failures, 0);
        assert_eq!(fs::read_dir(temp.path()).expect("readable").count(), 0);
        check(temp.path(), u64::MAX, &mut report);
        assert_eq!(report.failures, 1);
    }
}
