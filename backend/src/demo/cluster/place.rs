//! Where the cluster's folder and socket can lie, and under which user the server runs.

use super::{ClusterError, at, make_private};
use nix::unistd::{User, geteuid};
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where clusters lie whose data folder is closed to PostgreSQL's user.
const ELSEWHERE: &str = "/var/lib/tollgate-dev";
/// A Unix socket's path holds at most 107 bytes on Linux, 103 elsewhere.
const SOCKET_PATH_MAX: usize = 103;
const SOCKET_NAME: &str = "/.s.PGSQL.5432";

/// The user under whom the server runs, when that is not our own.
#[derive(Clone, Copy, Debug)]
pub struct Runner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// Where the cluster lies.
#[derive(Debug)]
pub struct Place {
    /// Its folder: `data`, `run` and `log` are in it.
    pub folder: PathBuf,
    /// Under whom it runs.
    pub runner: Option<Runner>,
    /// Not in the data folder, because its parents are closed.
    pub elsewhere: bool,
}

/// Chooses the place; the same one at each start.
pub fn find(data_dir: &Path) -> Result<Place, ClusterError> {
    if !geteuid().is_root() {
        return Ok(Place {
            folder: data_dir.join("postgres"),
            runner: None,
            elsewhere: false,
        });
    }
    let user = ["postgres", "nobody"]
        .iter()
        .find_map(|name| User::from_name(name).ok().flatten())
        .ok_or(ClusterError::NoUser)?;
    let runner = Some(Runner {
        uid: user.uid.as_raw(),
        gid: user.gid.as_raw(),
    });
    if can_reach(data_dir, user.uid.as_raw(), user.gid.as_raw()) {
        return Ok(Place {
            folder: data_dir.join("postgres"),
            runner,
            elsewhere: false,
        });
    }
    // The name is kept in the data folder, not made from its path: a data folder that was deleted and made again must
    // not meet its predecessor's database.
    let note = data_dir.join("postgres-folder");
    let folder = if let Ok(text) = fs::read_to_string(&note) {
        PathBuf::from(text.trim())
    } else {
        let folder = Path::new(ELSEWHERE).join(hex::encode(rand::random::<[u8; 8]>()));
        fs::write(&note, format!("{}\n", folder.display())).map_err(at(&note))?;
        folder
    };
    Ok(Place {
        folder,
        runner,
        elsewhere: true,
    })
}

/// Whether a user may pass through every folder on the way.
fn can_reach(folder: &Path, uid: u32, gid: u32) -> bool {
    folder
        .ancestors()
        .filter(|ancestor| !ancestor.as_os_str().is_empty())
        .all(|ancestor| {
            let Ok(data) = fs::metadata(ancestor) else {
                return false;
            };
            let needed = if data.uid() == uid {
                0o100
            } else if data.gid() == gid {
                0o010
            } else {
                0o001
            };
            data.mode() & needed != 0
        })
}

/// The socket's folder: beside the data, or in a short place where the path would be too long for a socket.
pub fn socket_dir(place: &Place) -> Result<PathBuf, ClusterError> {
    let beside = place.folder.join("run");
    if beside.as_os_str().len() + SOCKET_NAME.len() <= SOCKET_PATH_MAX {
        make_private(&beside, place.runner)?;
        return Ok(beside);
    }
    let digest = hex::encode(Sha256::digest(place.folder.as_os_str().as_encoded_bytes()));
    let short = digest.get(..12).unwrap_or_default();
    let uid = place
        .runner
        .map_or_else(|| geteuid().as_raw(), |runner| runner.uid);
    let runtime = std::env::var_os("XDG_RUNTIME_DIR")
        .map(|base| PathBuf::from(base).join(format!("tollgate-{short}")))
        .filter(|folder| {
            place.runner.is_none()
                && folder.parent().is_some_and(Path::is_dir)
                && folder.as_os_str().len() + SOCKET_NAME.len() <= SOCKET_PATH_MAX
        });
    let folder = runtime.unwrap_or_else(|| PathBuf::from(format!("/tmp/tollgate-{uid}-{short}")));
    // /tmp is everybody's: a folder that is there already must be a folder, and ours alone.
    if let Ok(data) = fs::symlink_metadata(&folder)
        && (!data.is_dir() || data.uid() != uid || data.mode() & 0o077 != 0)
    {
        return Err(ClusterError::Foreign(folder));
    }
    make_private(&folder, place.runner)?;
    Ok(folder)
}
