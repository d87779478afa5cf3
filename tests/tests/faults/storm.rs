//! Faults at random moments of a load, one after the other: the node killed, PostgreSQL stopped, the journal's disk full.
//! Afterwards the upstream's own log is what the ledger says, to the token. `TOLLGATE_STORM=seed:points` (`7:20`) says which
//! storm; without it a short one.

use super::load::{Tally, compare, rich_scene, warm_up, while_loaded};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tollgate_tests::harness::{House, Request, SOON, Wanted, wait_until};

/// Room on the journal's own disk: with what is filled of it, less than `journal.free_space_min` (64 MiB) is left.
const DISK: &str = "size=112m";
const FILLER_BYTES: usize = 64 << 20;

#[derive(Clone, Copy, Debug)]
enum Point {
    Killed,
    NoDatabase,
    DiskFull,
}

/// A disk of the journal's own, where this process may mount one.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: PathBuf) -> Option<Self> {
        let aside = folder.with_extension("aside");
        fs::rename(&folder, &aside).expect("moved aside");
        fs::create_dir(&folder).expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", DISK, "tmpfs"])
            .arg(&folder)
            .output()
            .is_ok_and(|output| output.status.success());
        let copied = Command::new("cp")
            .args(["-a", &format!("{}/.", aside.display())])
            .arg(&folder)
            .status();
        assert!(copied.expect("cp").success());
        mounted.then_some(Self(folder))
    }

    fn fill(&self) {
        fs::write(self.0.join("filler"), vec![7; FILLER_BYTES]).expect("filled");
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).expect("freed");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Numbers that a seed decides (xorshift64*, Vigna 2016).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From `least` up to before `end`.
    fn within(&mut self, least: u64, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        least + (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % (end - least)
    }
}

fn wanted() -> (u64, usize) {
    let storm = std::env::var("TOLLGATE_STORM").unwrap_or_else(|_| "1:4".to_owned());
    let (seed, points) = storm.split_once(':').expect("seed:points");
    (seed.parse().expect("a number"), points.parse().expect("a number"))
}

fn is_ready(house: &House) -> bool {
    house.gateway.send(&Request::get("/health/ready")).status == 200
}

#[test]
fn whatever_fails_at_whatever_moment_the_books_are_the_upstream_s_log() {
    let (seed, points) = wanted();
    let mut random = Random::new(seed);
    let house = House::with(Wanted {
        cluster: true,
        ..Wanted::default()
    });
    let scene = rich_scene(&house);
    house.gateway.kill();
    let disk = Disk::mount(house.gateway.data_dir().join("journal"));
    if disk.is_none() {
        println!("no disk can be mounted here: it is never full in this storm");
    }
    house.gateway.boot();
    warm_up(&house, &scene.key.secret);
    let mut sent = Vec::new();
    for number in 0..points {
        // Each kind comes early in any storm.
        let point = match (number % 3, random.within(0, 3)) {
            (0, _) if number < 3 => Point::Killed,
            (1, _) if number < 3 => Point::NoDatabase,
            (2, _) if number < 3 => Point::DiskFull,
            (_, 0) => Point::Killed,
            (_, 1) => Point::NoDatabase,
            _ => Point::DiskFull,
        };
        let before = Duration::from_millis(random.within(300, 2500));
        let lasts = Duration::from_millis(random.within(200, 2500));
        let (address, pause) = (house.gateway.address(), Duration::from_millis(20));
        let ((), more) = while_loaded(address, &scene.key.secret, pause, || {
            std::thread::sleep(before);
            match (point, &disk) {
                (Point::NoDatabase, _) => {
                    house.database.cluster.halt();
                    std::thread::sleep(lasts);
                    // Now and then the node dies while its database is away.
                    if random.within(0, 3) == 0 {
                        house.gateway.kill();
                    }
                    house.database.cluster.boot();
                }
                (Point::DiskFull, Some(disk)) => {
                    disk.fill();
                    wait_until("the node takes nothing more", SOON, || !is_ready(&house));
                    std::thread::sleep(lasts);
                    disk.free();
                    wait_until("there is room again", SOON, || is_ready(&house));
                }
                _ => house.gateway.kill(),
            }
        });
        sent.extend(more);
        if !house.gateway.runs() {
            house.gateway.boot();
        }
        wait_until("the node is ready", SOON, || is_ready(&house));
    }
    house.settle();
    let tally: Tally = compare(&house, &scene, &sent);
    println!("seed {seed}, {points} points, {} requests: {tally:?}", sent.len());
    assert!(tally.exact > points, "{tally:?}");
    house.verify();
    house.finish();
    drop(disk);
}
