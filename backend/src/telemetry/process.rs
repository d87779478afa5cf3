//! The process's own figures, from Linux's /proc; elsewhere there are none.

use std::time::Duration;

/// What the kernel tells about this process.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Resident memory.
    pub resident_bytes: u64,
    /// User and system time.
    pub cpu: Duration,
    /// Threads.
    pub threads: u32,
    /// Open file descriptors.
    pub open_files: u32,
}

/// Clock ticks per second in /proc; fixed in Linux's user interface.
const TICKS_PER_SECOND: u64 = 100;

/// Reads them; `None` where there is no /proc.
pub fn figures() -> Option<Figures> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name in brackets and may hold blanks: what follows the last bracket is regular.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let resident_kib: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()?;
    let ticks = number(11)? + number(12)?;
    let open_files = std::fs::read_dir("/proc/self/fd").ok()?.count();
    Some(Figures {
        resident_bytes: resident_kib * 1024,
        cpu: Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND),
        threads: u32::try_from(number(17)?).unwrap_or(u32::MAX),
        open_files: u32::try_from(open_files).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_running_process_has_memory_threads_and_files() {
        let figures = figures().expect("Linux has /proc");
        assert!(figures.resident_bytes > 1_000_000);
        assert!(figures.threads >= 1 && figures.open_files >= 3);
    }
}
